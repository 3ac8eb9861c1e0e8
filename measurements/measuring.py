"""Measures a family: every environment writes, every environment reads what each wrote."""

from __future__ import annotations

import json
import lzma
import sys
import tarfile
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from typing import Any

from measurements import table
from measurements.family import Env, Family
from measurements.newer import newer_releases
from measurements.running import Work
from measurements.stored import OBJECTS
from measurements.table import Pair


def measure(family: Family, home: Path, *, newer: bool = True) -> dict[str, Any]:
    """
    Return a family's measured table.

    Environments that the committed table knows are made of the very packages that it names; releases since are added
    where `newer`. What is under `home` from an earlier run is not done again.
    """
    before = committed(family.name)
    recorded = {n: e["packages"] for n, e in before.get("environments", {}).items()}
    work = Work(family, home, recorded)
    wanted = [*family.environments, *(newer_releases(family, recorded) if newer else ())]
    wanted += [_again(n, before["environments"][n]) for n in recorded if n not in {e.name for e in wanted}]
    there = [(env, *found) for env in wanted if (found := work.environment(env)) is not None]
    written = {env.name: work.written(env, python) for env, python, _, _ in there}
    for name, results in written.items():
        _say(f"{family.name} {name}: {sum(1 for said in results.values() if not said.get('error'))} objects written")
    pairs, unread = _pairs(work, there, written)
    unwritten: dict[str, list[str]] = defaultdict(list)
    for item in sorted({item for results in written.values() for item in results}):
        for name, results in written.items():
            said = results.get(item, {"skip": "a later release's"})
            if said.get("error") or said.get("skip"):
                unwritten[item].append(name)
    environments = {env.name: (version, packages) for env, _, version, packages in there}
    return table.build(family.name, family.leading, environments, pairs, unwritten, unread)


def _again(name: str, recorded: dict[str, Any]) -> Env:
    """Return an environment that an earlier run added for a release that was new then."""
    return Env(name, ".".join(recorded["python"].split(".")[:2]), tuple(recorded["packages"]))


def _pairs(work: Work, there: list[Any], written: dict[str, Any]) -> tuple[list[Pair], dict[str, list[str]]]:
    pairs = []
    unread: dict[str, list[str]] = defaultdict(list)
    writers = [env for env, *_ in there]
    for reader, python, *_ in there:
        _say(f"{work.family.name} {reader.name}: reads")
        if work.family.together:
            work.read_together(writers, reader, python)
        for writer in writers:
            for name, said in work.read(writer, reader, python).items():
                if said.get("skip"):
                    unread[name] += [reader.name] if reader.name not in unread[name] else []
                elif not (written[writer.name].get(name, {}).get("error")):
                    warned = tuple(said.get("warnings", ()))
                    pairs.append(
                        Pair(name, writer.name, reader.name, said.get("at", ""), said.get("error", ""), warned)
                    )
    return pairs, unread


def committed(family: str) -> dict[str, Any]:
    """Return the committed table of a family; {} where there is none yet."""
    there = table.path(family)
    return json.loads(there.read_text()) if there.exists() else {}


def keep_objects(family: str, home: Path) -> Path:
    """Pack what the environments wrote, so that ``make matrix`` needs no environments; return the archive's path."""
    OBJECTS.mkdir(exist_ok=True)
    into = OBJECTS / f"{family}.tar.xz"
    root = home / family / "objects"
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        # Objects of one name lie side by side: they are much alike, and the archive is a third of the size.
        for entry in sorted(root.rglob("*"), key=lambda p: (p.relative_to(root).parts[1:], p)):
            if entry.is_file():
                archive.add(entry, arcname=str(entry.relative_to(root)), recursive=False, filter=_plain)
    into.write_bytes(lzma.compress(buffer.getvalue(), preset=9 | lzma.PRESET_EXTREME))
    return into


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.mtime, info.uid, info.gid, info.uname, info.gname, info.mode = 0, 0, 0, "", "", 0o644
    return info


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
