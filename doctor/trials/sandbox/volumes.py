"""What a sandbox keeps in a container engine: volumes, containers, a loaded image; marked, and removed in any case."""

from __future__ import annotations

import contextlib
import io
import posixpath
import secrets
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from doctor.image.container import LABEL
from doctor.trials.sandbox import owners
from doctor.trials.sandbox.base import PROBE_DIR
from doctor.trials.sandbox.unpacked import Unpacking
from doctor.trials.values import MODEL_DIR

MARK = f"{LABEL}.mark"  # the label that says who made something
LOADED = f"{LABEL}-trial"  # the name under which a loaded image is kept; its tag is the mark
_TRIES, _CONFLICT, _ABSENT = 100, 409, 404
_LOADING_SECONDS = 1800
_OWN = (MODEL_DIR, PROBE_DIR)
_HEAD = 64 << 10  # of a tar: enough for a folder's own entry and its first file's


def marked() -> dict[str, Any]:
    """Return the name and the labels of what is made for a trial. Labels alone could be the image's own."""
    mark = owners.mark()
    return {"name": f"{LABEL}-{mark}-{secrets.token_hex(6)}", "labels": {LABEL: "trial", MARK: mark}}


def volume(client: Any) -> str:
    """Make a volume; return its name."""
    return str(client.create_volume(**marked())["Name"])


def mounted(name: str, place: str, *, writable: bool = False) -> Any:
    """Return a volume's mount, without what the image has there."""
    from docker.types import Mount

    return Mount(target=place, source=name, type="volume", read_only=not writable, no_copy=True)


def writable(contents: Mapping[str, tuple[str, Iterable[bytes]]]) -> list[Any]:
    """Return the mounts of volumes that are to be filled."""
    return [mounted(name, place, writable=True) for name, (place, _) in contents.items()]


@contextlib.contextmanager
def filled(
    client: Any, image: str, contents: Mapping[str, tuple[str, Iterable[bytes]]], host: Any
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """
    Fill volumes, by way of a container that is never started; its identifier, and what the engine warns of.

    Args:
        client: of the engine.
        image: any that the engine has.
        contents: of each volume by its name: where it is mounted, and the pieces of a tar.
        host: the engine's settings of the container.
    """
    made = client.create_container(image, ["-"], entrypoint=["-"], host_config=host, **marked())
    try:
        for place, pieces in contents.values():
            client.put_archive(made["Id"], place, iter(pieces))
        yield made["Id"], tuple(made.get("Warnings") or ())
    finally:
        remove_container(client, made["Id"])


def is_empty(client: Any, container: str, place: str) -> bool:
    """Say whether a container has nothing at a place but what is ours; one that can't be looked at is empty."""
    from docker.errors import APIError

    try:
        pieces, _ = client.get_archive(container, place)
    except APIError:
        return True
    head = b""
    for piece in pieces:
        head += piece
        if len(head) > _HEAD:
            break
    pieces.close()
    try:
        with tarfile.open(fileobj=io.BytesIO(head), mode="r:") as archive:
            return all(_is_ours(place, member.name) for member in archive)
    except tarfile.TarError:
        return True  # of what was cut off, all was ours


def _is_ours(place: str, name: str) -> bool:
    path = posixpath.join(posixpath.dirname(place.rstrip("/")), name)
    return path == place.rstrip("/") or any(
        f"{own}/".startswith(f"{path}/") or path.startswith(f"{own}/") for own in _OWN
    )


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return files as a tar that every user can read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), 0o444, int(time.time())
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def remove_container(client: Any, identifier: str) -> None:
    """Remove a container, running or not, and its anonymous volumes."""
    _until_gone(lambda: client.remove_container(identifier, force=True, v=True))


def remove_volume(client: Any, name: str) -> None:
    """Remove a volume."""
    _until_gone(lambda: client.remove_volume(name, force=True))


def remove_image(client: Any, name: str) -> None:
    """Remove an image's name, and the image where it has no other; one that is in use stays."""
    from docker.errors import APIError, DockerException
    from requests.exceptions import RequestException

    with contextlib.suppress(APIError, DockerException, RequestException):
        client.remove_image(name, force=False)


def _until_gone(remove: Any) -> None:
    """Ask for a removal; again while the engine is busy with it."""
    from docker.errors import APIError, DockerException
    from requests.exceptions import RequestException

    for _ in range(_TRIES):
        try:
            remove()
        except APIError as error:
            if int(error.status_code) == _ABSENT:
                return
        except (DockerException, RequestException):
            return  # there is no engine left that could
        else:
            return
        time.sleep(0.1)


def load(client: Any, path: str) -> tuple[str, str]:
    """
    Load a saved image into the engine.

    Returns its identifier, and the name under which it is to be removed again: "" where the engine had it before.
    Names that the archive gives to it are taken back; they may have been another image's.
    """
    before = {str(row["Id"]): row for row in client.images(all=True)}
    named = {name: row["Id"] for row in before.values() for name in row.get("RepoTags") or ()}
    said = _loaded(client, path)
    told = next((line for line in reversed(said) if line.startswith("Loaded image")), "").partition(": ")[2].strip()
    if not told:
        from doctor.errors import Unreadable

        raise Unreadable(f"the engine can't load {path}: {' '.join(said)[-300:] or 'no image in it'}")
    found = client.inspect_image(told)
    identifier, mark = str(found["Id"]), owners.mark()
    if identifier not in before:
        client.tag(identifier, LOADED, mark)
    for name in found.get("RepoTags") or ():
        _give_back(client, name, identifier, named)
    return identifier, "" if identifier in before else f"{LOADED}:{mark}"


def _loaded(client: Any, path: str) -> list[str]:
    """What the engine says while it loads."""
    before, client.timeout = client.timeout, _LOADING_SECONDS
    try:
        if Path(path).is_dir():  # an OCI layout
            return _told(client.load_image(Unpacking(path).tarred(), quiet=True))
        with Path(path).open("rb") as file:
            return _told(client.load_image(file, quiet=True))
    finally:
        client.timeout = before


def _told(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(row.get("stream") or row.get("error") or "").strip() for row in rows]


def _give_back(client: Any, name: str, identifier: str, named: Mapping[str, str]) -> None:
    if name.startswith(f"{LOADED}:") or named.get(name) == identifier:
        return
    if name in named:
        repository, _, tag = name.rpartition(":")
        client.tag(named[name], repository, tag, force=True)
    else:
        remove_image(client, name)


def sweep(client: Any) -> None:
    """Remove what a doctor that was killed has left in the engine."""
    ours = {"label": MARK}
    for row in client.containers(all=True, filters=ours):
        if any(_is_left(name.lstrip("/")) for name in row.get("Names") or ()):
            remove_container(client, row["Id"])
    for row in client.volumes(filters=ours).get("Volumes") or ():
        if _is_left(row["Name"]):
            remove_volume(client, row["Name"])
    for name in _loaded_names(client):
        if owners.is_left(name.rpartition(":")[2]):
            remove_image(client, name)


def _is_left(name: str) -> bool:
    return name.startswith(f"{LABEL}-") and owners.is_left(name.removeprefix(f"{LABEL}-").rpartition("-")[0])


def _loaded_names(client: Any) -> Iterator[str]:
    for row in client.images(name=LOADED):
        yield from (str(name) for name in row.get("RepoTags") or ())
