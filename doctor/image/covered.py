"""What a container never sees of its image: engines mount there, or put files of their own in the place.

See Docker Engine's ``daemon/initlayer/setup_unix.go``.
"""

from __future__ import annotations

_MOUNTED = ("proc", "sys", "dev", "etc/hostname", "etc/hosts", "etc/resolv.conf")
_REPLACED = frozenset({*_MOUNTED, ".dockerenv", "etc/mtab"})


def covered(path: str) -> bool:
    """Say whether an engine covers a path of an image when it makes a container."""
    return path in _REPLACED or path.startswith(("proc/", "sys/", "dev/"))
