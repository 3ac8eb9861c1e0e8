"""Who may read and execute what in an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.image.value import Image

READ, ENTER = 4, 1


def number(image: Image) -> int | None:
    """Return the number of the image's USER: 0 for root, None where its passwd doesn't have that name."""
    name = image.user.split(":")[0]
    if name in {"", "root"}:
        return 0
    if name.isdigit():
        return int(name)
    return next((int(uid) for known, uid in _known(image) if known == name and uid.isdigit()), None)


def has_passwd(image: Image) -> bool:
    """Say whether the image's list of users was kept."""
    return any(True for _ in _known(image))


def _known(image: Image) -> Iterator[tuple[str, str]]:
    try:
        text = image.data("etc/passwd").decode("utf-8", "replace")
    except Unreadable:
        return
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) > 3:
            yield fields[0], fields[2]


def refused(image: Image, path: str, user: int | None, wanted: int) -> str:
    """
    Return the path that surely stops a user from reading or executing a file: itself, or a folder above it; "" if none.

    `user` None is one who owns nothing. What the file's group may do counts for all: groups aren't known.
    """
    parts = path.split("/")
    for at in range(1, len(parts) + 1):
        place = "/".join(parts[:at])
        entry = image.files.get(place)
        if entry is None or entry.kind in {"symlink", "device"}:
            continue
        bits = entry.mode & 7 if user is None else (entry.mode | entry.mode >> 3) & 7
        if user is not None and entry.owner == user:
            bits = entry.mode >> 6 & 7
        if not bits & (wanted if at == len(parts) else ENTER):
            return place
    return ""
