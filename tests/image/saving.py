"""Makes saved images: docker save's tar, OCI layouts as directory and tar, with layers given as lists of entries."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "config": {
        "Entrypoint": ["/opt/venv/bin/serve"],
        "Cmd": ["run"],
        "Env": ["PATH=/opt/venv/bin:/usr/bin:/bin", "A=b=c"],
        "User": "model",
        "Labels": {"k": "v"},
        "ExposedPorts": {"8080/tcp": {}},
        "WorkingDir": "/srv",
    },
}


def layer(*entries) -> bytes:
    """A layer's tar: (path, content bytes), (path, None) for a directory, (path, "-> target") for a symbolic link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in entries:
            info = tarfile.TarInfo(path)
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(content, str):
                kind, info.linkname = content.split(" ", 1)
                info.type = tarfile.SYMTYPE if kind == "->" else tarfile.LNKTYPE
            else:
                info.size, info.mode = len(content), 0o755
            archive.addfile(info, io.BytesIO(content if isinstance(content, bytes) else b""))
    return buffer.getvalue()


def distribution(folder: str, name: str, version: str):
    return (
        f"{folder}/{name}-{version}.dist-info/METADATA",
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nx".encode(),
    )


def docker_archive(target: Path, *layers: bytes, config=CONFIG) -> Path:
    blob = json.dumps(config).encode()
    names = [f"{hashlib.sha256(x).hexdigest()}/layer.tar" for x in layers]
    manifest = [{"Config": "config.json", "RepoTags": ["a:1"], "Layers": names}]
    with tarfile.open(target, "w") as archive:
        for name, data in [
            *zip(names, layers, strict=True),
            ("config.json", blob),
            ("manifest.json", json.dumps(manifest).encode()),
        ]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target


def oci_layout(folder: Path, *layers: bytes, config=CONFIG, attested=True) -> Path:
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, **more):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data), **more}

    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put(json.dumps(config).encode()),
        "layers": [put(gzip.compress(x, mtime=0)) for x in layers],
    }
    attestation = put(b'{"layers": [], "config": {}}', platform={"os": "unknown", "architecture": "unknown"})
    image = put(json.dumps(manifest).encode(), platform={"os": "linux", "architecture": "amd64"})
    inner = put(json.dumps({"manifests": [attestation, image] if attested else [image]}).encode())
    (folder / "index.json").write_text(json.dumps({"manifests": [inner]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder
