"""Hostile artifacts in a local interpreter, in bubblewrap and without: what is kept apart, and what is told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from doctor.errors import BadInput, Unreadable
from doctor.trials.sandbox import bubblewrap, cgroup
from doctor.trials.sandbox.base import Given
from doctor.trials.sandbox.local import open_local
from doctor.trials.values import Ended, Limits
from tests.trials import hostile

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="this is not Linux, so NO hostile artifact was tried here"
)
LIMITS = Limits(seconds=5, memory=128 << 20, cpus=1, processes=64, temporary=32 << 20, output=1 << 20)


def works() -> str:
    """Why bubblewrap can't be used here; "" where it can."""
    with tempfile.TemporaryDirectory() as folder, open_local(sys.executable, Given(folder, {}, {}), LIMITS) as sandbox:
        return "" if "in bubblewrap" in sandbox.place.name else sandbox.place.exposed[-1]


NOT_WRAPPED = works() if sys.platform.startswith("linux") else "not Linux"
GROUPS = sys.platform.startswith("linux") and (made := cgroup.made(LIMITS)[0]) is not None
if GROUPS:
    made.remove()
wrapped_only = pytest.mark.skipif(bool(NOT_WRAPPED), reason=f"bubblewrap is NOT TESTED here: {NOT_WRAPPED}")
WRAPPED = pytest.param("wrapped", marks=wrapped_only)
BOUNDED = pytest.mark.skipif(not GROUPS, reason="no control group can be made here, so limits of the kernel NOT TESTED")


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert left(os.getpid()) == []


def left(pid: int) -> list[Path]:
    """What there is of a doctor's: folders and control groups."""
    places = (Path("/sys/fs/cgroup"), "**/endpoint-doctor-*"), (Path(tempfile.gettempdir()), "endpoint-doctor-*")
    return [path for folder, pattern in places for path in folder.glob(pattern) if f".{pid}." in path.name]


@pytest.fixture(params=[WRAPPED, "bare", "watched"])
def where(request, monkeypatch):
    """In bubblewrap; without it; without it and without a control group."""
    if request.param != "wrapped":
        monkeypatch.setattr(bubblewrap, "find", lambda: None)
    if request.param == "watched":
        monkeypatch.setattr(cgroup, "made", lambda _limits: (None, "none for this test"))
    return request.param


@pytest.fixture
def tried(tmp_path):
    def run(name, *, limits=LIMITS, writable=False, **how):
        folder = hostile.artifact(tmp_path / "model", name, **how)
        with open_local(sys.executable, Given(str(folder), {"run.py": hostile.RUN}, {"SET": "1"}), limits) as sandbox:
            return sandbox.run(["-B", f"{sandbox.probe_dir}/run.py", sandbox.model_dir], writable=writable)

    return run


def told(process) -> list[dict]:
    return [json.loads(line) for line in process.said.splitlines() if line.startswith(b"{")]


def test_a_good_one_runs(where, tried):
    process = tried("good")
    assert (process.ended, process.status, process.signal) == (Ended.EXITED, 0, 0)
    assert told(process) == [{"here": ["code", "model.bin"], "temporary": 1}]
    assert process.said.endswith(b"done\n") and process.log == "" and process.tried == ()


def test_the_place_is_told(where, tmp_path):
    with open_local(sys.executable, Given(str(tmp_path), {}, {}), LIMITS, why="no engine") as sandbox:
        place, lies = sandbox.place, sandbox.model_dir
    assert ("network" in place.isolated) is (where == "wrapped") and place.exposed[-1] == "no engine"
    assert ("network" in place.exposed) is (where != "wrapped")
    assert (lies == "/opt/ml/model") is (where == "wrapped")
    assert any("watched, not limited" in e for e in place.exposed) is (where == "watched" or not GROUPS)


def test_a_fork_bomb(where, tried):
    if where != "wrapped" and not (GROUPS and where == "bare"):
        pytest.skip("NOT TESTED without a bound of the kernel: it could harm this machine")
    process = tried("fork-bomb", limits=LIMITS._replace(seconds=2))
    assert process.ended is Ended.OUT_OF_TIME
    assert process.tried == ("ran as many processes and threads as it may: 64",)


def test_a_memory_hog(where, tried):
    process = tried("memory-hog")
    assert process.ended is Ended.OUT_OF_MEMORY
    assert process.peak < 1 << 30


@BOUNDED
@pytest.mark.parametrize("where", [WRAPPED, "bare"], indirect=True)
def test_a_memory_hog_in_a_child(where, tried):
    process = tried("memory-hog-in-a-child")
    assert (process.ended, told(process)) == (Ended.EXITED, [{"child": signal.SIGKILL}])
    assert process.tried == ("used more memory than it may: 128 MiB",)


@pytest.mark.parametrize("where", [WRAPPED], indirect=True)
def test_disk_fillers(where, tried):
    places = ["/tmp", "/dev/shm", "/home/endpoint-doctor", "/opt/ml/model", "/", "/usr", "/dev", "/etc"]
    said = {row["place"]: (row["written"], row["error"]) for row in told(tried("disk-filler", places=places))}
    full, refused = (32 << 20, "No space left on device"), (0, "Read-only file system")
    assert [said[place] for place in places] == [full] * 3 + [refused] * 5


@BOUNDED
@pytest.mark.parametrize("where", [WRAPPED], indirect=True)
def test_a_root_that_can_be_written_to_is_bounded_by_memory(where, tried):
    process = tried("disk-filler", places=["/"], writable=True)
    assert process.ended is Ended.OUT_OF_MEMORY and not Path("/filler0").exists()


@pytest.mark.parametrize("where", ["bare"], indirect=True)
def test_a_disk_filler_is_watched(where, tried):
    process = tried("disk-filler", places=["."], limits=LIMITS._replace(memory=1 << 30))
    assert process.ended is Ended.FLOODED and process.tried == ("wrote more than 32 MiB to the disk",)


@pytest.mark.parametrize("name", ["endless", "sleeps"])
def test_one_that_never_ends(where, tried, name):
    process = tried(name, limits=LIMITS._replace(seconds=1))
    assert process.ended is Ended.OUT_OF_TIME and 1 <= process.seconds < 2


def test_one_that_outlives_its_parent(where, tried):
    mark = f"doctor-outlives-{where}-{os.getpid()}"
    process = tried("outlives", mark=mark)
    assert process.ended is Ended.EXITED
    assert hostile.running(mark) == []
    assert process.tried == (() if where == "wrapped" else ("left 1 processes running",))


@pytest.mark.parametrize("where", [WRAPPED], indirect=True)
def test_what_it_reads_is_not_this_machines(where, tried, tmp_path, monkeypatch):
    secret, mine = tmp_path / "secret", Path.home() / f".endpoint-doctor-test-{os.getpid()}"
    secret.write_text("host's own")
    mine.write_text("host's own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "host's key")
    try:
        rows = told(tried("reads", places=[secret, mine, "/etc/shadow", "/etc/passwd", "/var/log", "/proc/1/environ"]))
    finally:
        mine.unlink()
    said = {row["place"]: row["saw"] for row in rows if "place" in row}
    assert {said[p] for p in (str(secret), str(mine), "/etc/shadow", "/var/log")} == {"FileNotFoundError"}
    assert said["/etc/passwd"].startswith("endpoint:x:") and said["/etc/passwd"].count("\n") == 1
    assert "host's" not in json.dumps(rows)
    assert next(r for r in rows if "processes" in r)["processes"] <= 2
    assert next(r for r in rows if "disks" in r)["disks"] == []


@pytest.mark.parametrize("where", ["bare"], indirect=True)
def test_no_credential_is_handed_over(where, tried, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "host's key")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    given = next(r for r in told(tried("reads")) if "environment" in r)["environment"]
    assert given["SET"] == "1" and {"AWS_SECRET_ACCESS_KEY", "PYTHONPATH"}.isdisjoint(given)


@pytest.mark.parametrize("where", [WRAPPED], indirect=True)
def test_there_is_no_network(where, tried):
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        rows = told(tried("network", places=[f"127.0.0.1:{port}", "172.17.0.1:2375", "169.254.169.254:80"]))
    assert [r["saw"] for r in rows if "address" in r] == ["ConnectionRefusedError", "OSError", "OSError"]
    assert (rows[-3]["name"], rows[-2]["docker"]) == ("gaierror", "FileNotFoundError")
    assert rows[-1]["interfaces"] == ["lo"]


@pytest.mark.parametrize("where", [WRAPPED], indirect=True)
def test_the_mounts_cant_be_written_to(where, tried, tmp_path):
    rows = told(tried("mounts"))
    assert {r["write"] for r in rows if "write" in r} == {"OSError"}
    assert {r["remount"] for r in rows if "remount" in r} == {-1}
    final = {k: v for r in rows[-3:] for k, v in r.items()}
    assert (final["old"], final["gone"], final["unmount"]) == ("OSError", "OSError", -1)
    assert final["chroot"] == final["device"] == "PermissionError"
    assert (tmp_path / "model" / "model.bin").read_bytes() == b"weights"


@pytest.mark.parametrize("where", ["bare"], indirect=True)
def test_without_bubblewrap_a_copy_is_written_to(where, tried, tmp_path):
    tried("mounts")
    assert not (tmp_path / "model" / "new").exists()
    assert (tmp_path / "model" / "model.bin").read_bytes() == b"weights"


@pytest.mark.parametrize("name", ["floods-output", "floods-log"])
def test_floods(where, tried, name):
    process = tried(name)
    hostile.was_stopped_for_flooding(process, LIMITS)


@pytest.mark.parametrize(
    ("name", "ended", "status", "number"),
    hostile.ENDS,
)
def test_other_ends(where, tried, name, ended, status, number):
    process = tried(name)
    assert (process.ended, process.status, process.signal) == (ended, status, number)
    assert b"done" not in process.said


@pytest.mark.parametrize("where", [WRAPPED], indirect=True)
def test_it_cant_kill_what_is_above_it(where, tried):
    assert tried("kills-its-parents").ended in {Ended.EXITED, Ended.SIGNALLED}


@pytest.mark.parametrize("where", ["bare", "watched"], indirect=True)
def test_its_parent_is_not_doctor(where, tried):
    process = tried("kills-its-parent")
    assert (process.ended, process.signal) == (Ended.SIGNALLED, signal.SIGKILL)
    assert process.tried == ("left 1 processes running",)


def test_bubblewrap_that_cant_start_is_done_without(tmp_path, monkeypatch):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "find", lambda: bubblewrap.Bubblewrap(str(program)))
    folder = hostile.artifact(tmp_path / "model", "good")
    with open_local(sys.executable, Given(str(folder), {"run.py": hostile.RUN}, {}), LIMITS) as sandbox:
        assert "bubblewrap can't be used here (bwrap: No permissions to create new namespace)" in sandbox.place.exposed
        assert sandbox.run([f"{sandbox.probe_dir}/run.py", sandbox.model_dir]).said.endswith(b"done\n")
        assert not sandbox.can_be_writable


@wrapped_only
def test_a_virtual_environment_is_shown_and_what_is_beside_it_is_not(tmp_path):
    (tmp_path / "beside").write_text("secret")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "editable.py").write_text("x = 5")
    site = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    (site / "own.pth").write_text(str(tmp_path / "own"))
    code = "import editable, os, sys; print(editable.x, sys.prefix, os.listdir(sys.argv[1]))"
    with open_local(str(tmp_path / "venv" / "bin" / "python"), Given(str(tmp_path / "own"), {}, {}), LIMITS) as sandbox:
        process = sandbox.run(["-c", code, str(tmp_path)])
    assert process.said.startswith(f"5 {tmp_path}/venv ".encode()), process.log
    assert b"beside" not in process.said


def test_a_step_cant_change_the_probe_of_the_next(where, tmp_path):
    (tmp_path / "m").mkdir()
    with open_local(sys.executable, Given(str(tmp_path / "m"), {"p.py": b"print('ours')"}, {}), LIMITS) as sandbox:
        probe = f"{sandbox.probe_dir}/p.py"
        sandbox.run(["-c", f"open({probe!r}, 'w').write('print(666)')"])
        assert sandbox.run([probe]).said == b"ours\n"


def test_no_interpreter(tmp_path):
    (tmp_path / "python").write_text("#!/bin/sh\necho no\n")
    (tmp_path / "python").chmod(0o755)
    for path in (tmp_path / "python", tmp_path / "nothing"):
        with pytest.raises(BadInput, match="no Python that runs here"):
            open_local(str(path), Given(str(tmp_path), {}, {}), LIMITS)


def test_an_artifact_that_ends_early(tmp_path):
    path = tmp_path / "model.tar.gz"
    subprocess.run(["tar", "-C", hostile.artifact(tmp_path / "m", "good"), "-czf", path, "."], check=True)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(Unreadable, match="ends early"):
        open_local(sys.executable, Given(str(path), {}, {}), LIMITS)


def doctor(folder, ready) -> subprocess.Popen:
    """Another process that has a sandbox in which something runs."""
    program = textwrap.dedent(f"""
        import sys
        from doctor.trials.sandbox.base import Given
        from doctor.trials.sandbox.local import open_local
        from doctor.trials.values import Limits
        with open_local(sys.executable, Given({str(folder)!r}, {{"run.py": {hostile.RUN!r}}}, {{}}), Limits(60)) as box:
            open({str(ready)!r}, "w").close()
            box.run([box.probe_dir + "/run.py", box.model_dir])
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stderr=subprocess.PIPE,
        preexec_fn=hostile.as_in_a_terminal,  # noqa: PLW1509 - no thread runs here
    )
    until = time.monotonic() + 30
    while not ready.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(0.3)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_one_that_is_told_to_end(tmp_path, number):
    process = doctor(hostile.artifact(tmp_path / "m", "sleeps"), tmp_path / "ready")
    assert left(process.pid)
    for _ in range(3):  # as someone who is impatient
        process.send_signal(number)
        time.sleep(0.03)
    process.wait(30)
    process.stderr.close()
    assert left(process.pid) == []


def test_what_a_killed_one_leaves_is_swept(tmp_path):
    process = doctor(hostile.artifact(tmp_path / "m", "sleeps"), tmp_path / "ready")
    process.kill()
    process.wait(30)
    process.stderr.close()
    assert left(process.pid)
    open_local(sys.executable, Given(str(tmp_path / "m"), {}, {}), LIMITS).close()
    assert left(process.pid) == []
