"""The files of a fixture's model/, to take parts of them into deployments made in memory."""

from __future__ import annotations

from tests.deployments import FIXTURES


def files(name: str) -> dict[str, bytes]:
    """Return the contents of a fixture's model/ by path."""
    home = FIXTURES / name / "model"
    return {p.relative_to(home).as_posix(): p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file()}
