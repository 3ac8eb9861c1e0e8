"""What the distributions of an environment require of one another, as pipdeptree reads it from their metadata."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from doctor.formats.distribution import canonical


def edges(sites: tuple[Path, ...]) -> dict[str, tuple[str, ...]] | None:
    """
    Return, by distribution, its requirements that apply to the Python that runs this: ``{"flask": ("click>=8.0",)}``.

    Args:
        sites: site-packages folders; nothing in them is run.

    None where pipdeptree can't say.
    """
    from pipdeptree.__main__ import main

    said, ignored = io.StringIO(), io.StringIO()
    paths = [word for site in sites for word in ("--path", str(site))]
    try:
        with redirect_stdout(said), redirect_stderr(ignored):
            status = main([*paths, "--warn", "silence", "--output", "json"])
        rows = json.loads(said.getvalue()) if not status else None
    except (SystemExit, ValueError, OSError):
        return None
    if rows is None:
        return None
    return {canonical(r["package"]["package_name"]): tuple(map(_requirement, r["dependencies"])) for r in rows}


def _requirement(dependency: dict[str, str]) -> str:
    wanted = dependency.get("required_version") or "Any"
    return dependency["package_name"] + ("" if wanted == "Any" else wanted)
