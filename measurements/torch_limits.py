"""Which operators each PyTorch has and what its torch.load admits: ``doctor/facts/torch_releases.json``."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from measurements.family import PROGRAMS

# What only training, PyTorch's own tests and its compiler call.
_INSIDE = re.compile(
    r"backward|^_foreach|^_test|^_fused|^_fake|^_nested|^_sym|^sym_|_forward_|^_assert|_copy$|^_scaled"
)


def derive(measured: dict[str, Any], envs: Path) -> Mapping[str, Any]:
    """Return what came with which of the measured releases."""
    order = list(measured["environments"])
    said = {name: _said(envs / f"torch-{name}" / "bin" / "python") for name in order}
    admitting = [name for name in order if said[name]["allowed"]]
    return {
        "torch_releases": {
            "source": "torch._C._jit_get_all_schemas() and torch._weights_only_unpickler._get_allowed_globals() of "
            "each release: make facts FAMILY=torch",
            "measured": measured["measured"],
            "about": "releases: those that were asked. operators: aten's, by the first of them that has it, but for "
            "those of the first release; without what only training and the compiler call. allowed: what torch.load "
            "with weights_only admits, by the first of the releases that does; dropped: by the first that doesn't",
            "releases": order,
            "operators": _first(order, {name: _operators(said[name]) for name in order}, skip=order[0]),
            "admitting": admitting,
            "allowed": _first(admitting, {n: set(said[n]["allowed"]) for n in admitting}, gone=True),
            "dropped": {
                now: " ".join(sorted(left))
                for before, now in pairwise(admitting)
                if (left := set(said[before]["allowed"]) - set(said[now]["allowed"]))
            },
        }
    }


def _operators(said: dict[str, Any]) -> set[str]:
    return {name for name in said["operators"] if not _INSIDE.search(name) and not name.startswith("__")}


def _first(order: list[str], found: dict[str, set[str]], skip: str = "", *, gone: bool = False) -> dict[str, str]:
    """Return names by the release that has them first; those that are gone later on only where they are asked for."""
    known: set[str] = set()
    by = {}
    for name in order:
        new = found[name] - known
        known |= new
        if name != skip and (kept := sorted(new if gone else new & found[order[-1]])):
            by[name] = " ".join(kept)
    return by


def _said(python: Path) -> dict[str, Any]:
    program = (PROGRAMS / "torch_operators.py").read_text()
    # Given on stdin: beside it lies a program called torch.
    command = [str(python), "-W", "ignore", "-"]
    done = subprocess.run(command, input=program, check=True, capture_output=True, text=True, cwd="/")
    return dict(json.loads(done.stdout.splitlines()[-1]))
