"""Control groups of both versions, on folders that look like the kernel's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from doctor.trials.sandbox import cgroup
from doctor.trials.values import Limits

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no control groups on Windows")
LIMITS = Limits(memory=1000, processes=7)


@pytest.fixture
def places(monkeypatch):
    """Says where this process is, without asking the kernel."""

    def said(found: dict[str, Path]) -> None:
        monkeypatch.setattr(cgroup, "_places", lambda: found)

    return said


@pytest.fixture
def like_the_kernel(monkeypatch):
    """Folders get the kernel's files when they are made, and lose them when they are removed."""
    made, gone = Path.mkdir, Path.rmdir

    def mkdir(path, *words, **how):
        made(path, *words, **how)
        for name in ("cgroup.procs", "memory.events", "memory.stat", "pids.events", "memory.oom_control"):
            (path / name).write_text("")

    def rmdir(path):
        for file in path.iterdir():
            file.unlink()
        gone(path)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(Path, "rmdir", rmdir)


def test_version_2(tmp_path, places, like_the_kernel):
    own = tmp_path / "app.slice" / "run.scope"
    own.mkdir(parents=True)
    (own.parent / "cgroup.subtree_control").write_text("cpu memory pids\n")
    (own / "cgroup.subtree_control").write_text("")
    places({"": own})
    group, reason = cgroup.made(LIMITS)
    assert reason == ""
    folder = next(own.parent.glob("endpoint-doctor-*"))
    read = {name: (folder / name).read_text() for name in ("memory.max", "memory.swap.max", "pids.max")}
    assert read == {"memory.max": "1000", "memory.swap.max": "0", "pids.max": "7"}
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 3\n")
    (folder / "pids.events").write_text("max 5\n")
    (folder / "memory.stat").write_text("anon 100\nfile 900\nshmem 11\n")
    assert (group.kills(), group.refused(), group.held()) == (3, 5, 111)
    group.enter()
    assert (folder / "cgroup.procs").read_text() == "0"
    (folder / "cgroup.procs").write_text("")
    group.remove()
    assert not folder.exists()


def test_version_1(tmp_path, places, like_the_kernel):
    memory, pids = tmp_path / "memory" / "a", tmp_path / "pids"
    for folder in (memory, pids):
        folder.mkdir(parents=True)
    places({"memory": memory, "pids": pids, "cpu": tmp_path})
    group, _ = cgroup.made(LIMITS)
    folder = next(memory.glob("endpoint-doctor-*"))
    assert (folder / "memory.limit_in_bytes").read_text() == (folder / "memory.memsw.limit_in_bytes").read_text()
    assert (next(pids.glob("endpoint-doctor-*")) / "pids.max").read_text() == "7"
    (folder / "memory.stat").write_text("rss 5\nshmem 2\ntotal_rss 50\ntotal_shmem 20\n")
    (folder / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    assert (group.held(), group.kills()) == (70, 1)
    group.remove()
    assert list(memory.glob("endpoint-doctor-*")) == list(pids.glob("endpoint-doctor-*")) == []


def test_none_can_be_made(tmp_path, places):
    own = tmp_path / "own"
    places({"": own})
    assert cgroup.made(LIMITS) == (None, "this machine has none")
    places({"memory": tmp_path / "absent", "pids": tmp_path / "absent"})
    assert cgroup.made(LIMITS) == (None, f"{tmp_path / 'absent'}: No such file or directory")
    places({})
    assert cgroup.made(LIMITS)[0] is None
