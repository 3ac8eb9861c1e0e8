"""An image as a value: its configuration, and every file of its merged layers, without their contents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from doctor.errors import Unreadable
from doctor.formats.kinds.elf import Elf


class Entry(NamedTuple):
    """
    One path of the image.

    ``kind`` is file, directory, symlink, hardlink or device; ``target`` a link's; ``owner`` the number of its user.
    """

    kind: str
    size: int
    mode: int
    target: str = ""
    owner: int = 0


class Layer(NamedTuple):
    """One layer: the digest of its uncompressed tar where that is known, bytes as stored, and those of its files."""

    digest: str
    size: int
    full: int = -1


class Image:
    """
    A container image.

    Args:
        source: as the user named it.
        config: the image's configuration (OCI image-spec ``config.json``).
        layers: in the order in which they are applied.
        files: path without its leading "/" to entry, whiteouts applied.
        kept: contents of the small files that tell versions.
        media_type: of the manifest, "" where the source has none.
        libraries: what the shared libraries need to be loaded, by path; None where one can't be read.
        names: the references under which it was saved.
        manifests: media types from the index to the manifest, as the source's OCI index names them; empty without one.
        attested: whether that index names an attestation beside the image.
    """

    def __init__(
        self,
        source: str,
        config: Mapping[str, object],
        layers: tuple[Layer, ...],
        files: Mapping[str, Entry],
        kept: Mapping[str, bytes],
        media_type: str = "",
        *,
        libraries: Mapping[str, Elf | None] | None = None,
        names: tuple[str, ...] = (),
        manifests: tuple[str, ...] = (),
        attested: bool = False,
    ) -> None:
        self.source = source
        self.layers = layers
        self.files = files
        self.media_type = media_type
        self.libraries = libraries or {}
        self.names = names
        self.manifests = manifests
        self.attested = attested
        self.architecture = str(config.get("architecture") or "")
        self.os = str(config.get("os") or "")
        self._kept = kept
        said = config.get("config")
        self._said: Mapping[str, object] = said if isinstance(said, dict) else {}

    @property
    def entrypoint(self) -> tuple[str, ...]:
        """The ENTRYPOINT, as words."""
        return self._words("Entrypoint")

    @property
    def command(self) -> tuple[str, ...]:
        """The CMD, as words."""
        return self._words("Cmd")

    @property
    def user(self) -> str:
        """The USER, "" for root."""
        return str(self._said.get("User") or "")

    @property
    def working_directory(self) -> str:
        """The WORKDIR, "/" where there is none."""
        return str(self._said.get("WorkingDir") or "/")

    @property
    def ports(self) -> tuple[str, ...]:
        """The exposed ports: "8080/tcp"."""
        return tuple(self._map("ExposedPorts"))

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels."""
        return self._map("Labels")

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables that it sets."""
        return dict(v.split("=", 1) for v in self._words("Env") if "=" in v)

    @property
    def path(self) -> list[str]:
        """The folders in which programs are looked up: its PATH, else the engine's."""
        said = self.variables.get("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        return said.split(":")

    def data(self, path: str) -> bytes:
        """Return the contents of a small file; Unreadable where it is absent or was not kept."""
        try:
            return self._kept[path]
        except KeyError:
            raise Unreadable(f"{path}: not kept") from None

    def kept(self, *endings: str) -> Iterator[str]:
        """Yield the paths of the kept files that end in one of `endings`."""
        return (p for p in self._kept if p.endswith(endings))

    def kept_in(self, folder: str) -> Iterator[str]:
        """Yield the paths of the kept files whose path begins so."""
        return (p for p in self._kept if p.startswith(folder))

    def resolve(self, path: str) -> str:
        """Return where a path leads once its symbolic links are followed, inside the image; "" in a circle."""
        parts, done, hops = path.strip("/").split("/"), list[str](), 0
        while parts:
            part = parts.pop(0)
            if part in {"", "."}:
                continue
            if part == "..":
                done = done[:-1]
                continue
            entry = self.files.get("/".join([*done, part]))
            if entry is not None and entry.kind == "symlink":
                hops += 1
                if hops > 40:
                    return ""
                done = [] if entry.target.startswith("/") else done
                parts = entry.target.strip("/").split("/") + parts
            else:
                done.append(part)
        return "/".join(done)

    def which(self, program: str) -> str | None:
        """Return the path of a program as the image's PATH finds it, or None."""
        candidates = [program.strip("/")] if "/" in program else [f"{f.strip('/')}/{program}" for f in self.path]
        return next((c for c in candidates if self.resolve(c) in self.files), None)

    def _words(self, key: str) -> tuple[str, ...]:
        value = self._said.get(key)
        return tuple(str(v) for v in value) if isinstance(value, list) else (value,) if isinstance(value, str) else ()

    def _map(self, key: str) -> dict[str, str]:
        value = self._said.get(key)
        return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}
