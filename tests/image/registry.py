"""Registries for tests: Debian's own on loopback, and a server that answers as a test says."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.image.saving import CONFIG

OCI = "application/vnd.oci.image."
MANIFEST, INDEX = f"{OCI}manifest.v1+json", f"{OCI}index.v1+json"
PROGRAMS = ("docker-registry", "skopeo", "htpasswd")


def needs_registry() -> None:
    """Skip, saying so, where Debian's packages docker-registry, skopeo and apache2-utils are not installed."""
    missing = [p for p in PROGRAMS if not shutil.which(p)]
    if missing:
        pytest.skip(f"NOT TESTED against a real registry: {', '.join(missing)} not installed")


@contextmanager
def debian_registry(folder: Path, user: str = "", password: str = "", auth: Mapping | None = None) -> Iterator[str]:
    """Run Debian's docker-registry on a free port of loopback, with htpasswd where a user is given; yields its host."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    config = {
        "version": "0.1",
        "log": {"accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": host},
        "validation": {"manifests": {"urls": {"allow": ["^https?://"]}}},
    }
    if auth:
        config["auth"] = auth
    elif user:
        line = subprocess.run(["htpasswd", "-Bbn", user, password], capture_output=True, check=True).stdout
        (folder / "htpasswd").write_bytes(line)
        config["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _await(host, process, folder / "log")
        yield host
    finally:
        process.terminate()
        process.wait(10)


def _await(host: str, process: subprocess.Popen, log: Path) -> None:
    address, _, port = host.partition(":")
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex((address, int(port))) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def pushed(layout: Path, place: str, *options: str, credentials: str = "") -> str:
    """Push an OCI layout with skopeo; returns the place."""
    login = ["--dest-creds", credentials] if credentials else []
    command = ["skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", *login, *options]
    done = subprocess.run([*command, f"oci:{layout}", f"docker://{place}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Answer(NamedTuple):
    """What a Server sends; `cut` closes the connection after so many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})
    cut: int = -1


class Asked(NamedTuple):
    """A request that a Server got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Images:
    """Blobs and manifests, as a registry or an OCI layout holds them."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, tuple[bytes, str]] = {}

    def blob(self, data: bytes, **more) -> dict:
        """Hold a blob; returns its descriptor."""
        self.blobs[digest_of(data)] = data
        return {"digest": digest_of(data), "size": len(data), **more}

    def manifest(self, value, *tags: str, media_type: str = MANIFEST, **more) -> dict:
        """Hold a manifest or an index under its digest and tags; returns its descriptor."""
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        for name in (digest_of(data), *tags):
            self.manifests[name] = data, media_type
        return {"digest": digest_of(data), "size": len(data), "mediaType": media_type, **more}

    def image(self, *layers: bytes, tags=("1",), config=None, **more) -> dict:
        """Hold an image of some layers; returns its descriptor."""
        said = config or configured(*layers)
        value = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(json.dumps(said).encode(), mediaType=f"{OCI}config.v1+json"),
            "layers": [self.blob(gzip.compress(x, mtime=0), mediaType=f"{OCI}layer.v1.tar+gzip") for x in layers],
        }
        return self.manifest(value, *tags, **more)

    def index(self, *manifests: dict, tags=("1",), media_type: str = INDEX) -> dict:
        """Hold an index of manifests; returns its descriptor."""
        value = {"schemaVersion": 2, "mediaType": media_type, "manifests": list(manifests)}
        return self.manifest(value, *tags, media_type=media_type)

    def layout(self, folder: Path, descriptor: dict) -> Path:
        """Write all that is held as an OCI layout whose index names one manifest."""
        blobs = folder / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        for data in (*self.blobs.values(), *(m for m, _ in self.manifests.values())):
            (blobs / hashlib.sha256(data).hexdigest()).write_bytes(data)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [descriptor]}))
        return folder


class Server(Images):
    """
    A server that answers as its rules say, the first that has an answer; without one as a registry that holds images.

    Args:
        ranges: whether it understands Range.
        tls: a context that makes it speak HTTPS.
    """

    def __init__(self, *, ranges=True, tls=None) -> None:
        self.asked: list[Asked] = []
        self.rules: list[Callable[[Asked], Answer | None]] = []
        super().__init__()
        self._ranges = ranges
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                server.asked.append(asked)
                self._send(next((a for r in server.rules if (a := r(asked))), None) or server.held(asked))

            do_GET = do_HEAD = do_POST = answer  # noqa: N815

            def _send(self, answer: Answer):
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    if value:
                        self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body if answer.cut < 0 else answer.body[: answer.cut])
                if answer.cut >= 0 or not answer.headers.get("Content-Length", "x"):
                    self.close_connection = True

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def held(self, asked: Asked) -> Answer:
        name = asked.path.partition("?")[0].rpartition("/")[2]
        if "/blobs/" in asked.path and name in self.blobs:
            return self._ranged(self.blobs[name], asked.headers.get("range", ""))
        if "/manifests/" in asked.path and name in self.manifests:
            body, media_type = self.manifests[name]
            return Answer(200, body, {"Content-Type": media_type, "Docker-Content-Digest": digest_of(body)})
        code = "BLOB_UNKNOWN" if "/blobs/" in asked.path else "MANIFEST_UNKNOWN"
        return Answer(404, json.dumps({"errors": [{"code": code, "message": "unknown to\nregistry"}]}).encode())

    def _ranged(self, data: bytes, said: str) -> Answer:
        if not (said and self._ranges):
            return Answer(200, data)
        start = int(said.removeprefix("bytes=").partition("-")[0])
        return Answer(206, data[start:], {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"})


class TokenService(Server):
    """Gives what Debian's registry takes for a token, to one user: pull and push, to nobody: pull of `open/...`."""

    def __init__(self, folder: Path, user: str, password: str) -> None:
        super().__init__()
        self._key, self.certificate = certificate(folder)
        self._basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.rules.append(self._token)

    @property
    def auth(self) -> dict:
        """The registry's settings."""
        told = {"realm": f"http://{self.host}/token", "service": "test", "issuer": "tests"}
        return {"token": {**told, "rootcertbundle": str(self.certificate)}}

    def _token(self, asked: Asked) -> Answer:
        said = asked.headers.get("authorization", "")
        if said and said != self._basic:
            return Answer(401, b"{}")
        scopes = [s.split(":") for s in parse_qs(urlsplit(asked.path).query).get("scope", [])]
        access = [
            {"type": kind, "name": name, "actions": actions.split(",")}
            for kind, name, actions in scopes
            if said or name.startswith("open/")
        ]
        return Answer(200, json.dumps({"token": self._signed(access)}).encode())

    def _signed(self, access: list) -> str:
        now = int(time.time())
        der = ssl.PEM_cert_to_DER_cert(self.certificate.read_text())
        head = {"alg": "RS256", "typ": "JWT", "x5c": [base64.b64encode(der).decode()]}
        claims = {"iss": "tests", "sub": "", "aud": "test", "exp": now + 300, "nbf": now - 10, "iat": now, "jti": "1"}
        text = b".".join(_base64url(json.dumps(x).encode()) for x in (head, {**claims, "access": access}))
        command = ["openssl", "dgst", "-sha256", "-sign", self._key]
        signature = subprocess.run(command, input=text, capture_output=True, check=True).stdout
        return (text + b"." + _base64url(signature)).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def certificate(folder: Path, name: str = "") -> tuple[Path, Path]:
    """Make a key and a certificate, for a name ("IP:0.0.0.0"); skips, saying so, where openssl is absent."""
    if not shutil.which("openssl"):
        pytest.skip("NOT TESTED with certificates: openssl not installed")
    folder.mkdir(parents=True, exist_ok=True)
    key, made = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    names = ["-addext", f"subjectAltName={name}"] if name else []
    subprocess.run([*command, *names, "-keyout", key, "-out", made], check=True, capture_output=True)
    return key, made


def configured(*layers: bytes, **more) -> dict:
    """A configuration that lists the layers."""
    return {**CONFIG, "rootfs": {"type": "layers", "diff_ids": [digest_of(x) for x in layers]}, **more}


def docker_config(folder: Path, **content) -> str:
    """Write a Docker configuration; returns what DOCKER_CONFIG is to be."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(content))
    return str(folder)


def credential_helper(folder: Path, name: str, host: str, user: str, secret: str) -> None:
    """Write a program docker-credential-<name> that knows one host."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / f"docker-credential-{name}"
    known = json.dumps({"ServerURL": host, "Username": user, "Secret": secret})
    program.write_text(
        f"#!/bin/sh\nread -r host || true\n[ \"$1\" = get ] && [ \"$host\" = '{host}' ] && echo '{known}' && exit\n"
        "echo 'credentials not found in native keychain'\nexit 1\n"
    )
    program.chmod(0o755)
