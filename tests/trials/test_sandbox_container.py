"""Hostile artifacts in containers: the host is unharmed, what happened is told, nothing is left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from doctor.errors import BadInput, Unreadable
from doctor.trials.sandbox.base import Given
from doctor.trials.sandbox.container import open_container
from doctor.trials.sandbox.volumes import LOADED, MARK
from doctor.trials.values import Ended, Limits
from tests.image.engine import Images, docker, running
from tests.image.rootfs import root
from tests.trials import hostile

pytestmark = pytest.mark.skipif(
    not running(), reason="no container engine here, so NO hostile artifact was tried in a container: start dockerd"
)
LIMITS = Limits(seconds=5, memory=128 << 20, cpus=1, processes=64, temporary=32 << 20, output=1 << 20)
RUN = ["-B", "/opt/endpoint-doctor/run.py", "/opt/ml/model"]


def kept(pid: int) -> list[str]:
    """What the engine has that a doctor has made."""
    ours = ("--filter", f"label={MARK}", "--format", f'{{{{.Label "{MARK}"}}}}')
    said = docker("ps", "-a", *ours), docker("volume", "ls", *ours), docker("images", LOADED, "--format", "{{.Tag}}")
    return [line for lines in said for line in lines.splitlines() if f".{pid}." in line]


def is_running(pid: int) -> bool:
    """Whether a container of a doctor runs."""
    return f".{pid}." in docker("ps", "--filter", f"label={MARK}", "--format", f'{{{{.Label "{MARK}"}}}}')


@pytest.fixture(scope="module")
def image():
    made = Images()
    yield made.imported(root(), "ENV PATH=/usr/bin:/bin", "VOLUME /data")
    made.remove()


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert kept(os.getpid()) == []


@pytest.fixture
def tried(image, tmp_path):
    def run(name, *, writable=False, limits=LIMITS, variables=None, **how):
        given = Given(
            str(hostile.artifact(tmp_path / "model", name, **how)), {"run.py": hostile.RUN}, variables or {"SET": "1"}
        )
        with open_container(image, given, limits) as sandbox:
            return sandbox.run(RUN, writable=writable)

    return run


def told(process) -> list[dict]:
    return [json.loads(line) for line in process.said.splitlines() if line.startswith(b"{")]


def test_a_good_one_runs_and_sees_what_the_platform_shows(tried):
    process = tried("good")
    assert (process.ended, process.status, process.signal) == (Ended.EXITED, 0, 0)
    assert told(process) == [{"here": ["code", "model.bin"], "temporary": 1}]
    assert process.said.endswith(b"done\n") and process.log == "" and process.tried == ()


def test_a_fork_bomb(tried):
    process = tried("fork-bomb")
    assert process.ended is Ended.OUT_OF_TIME
    assert process.tried == ("ran as many processes and threads as it may: 64",)


def test_threads_without_end(tried):
    process = tried("threads")
    assert told(process)[0]["count"] < 64 and "thread" in told(process)[0]["error"]


@pytest.mark.parametrize("writable", [False, True])
def test_a_memory_hog(tried, writable):
    process = tried("memory-hog", writable=writable)
    assert (process.ended, process.signal) == (Ended.OUT_OF_MEMORY, signal.SIGKILL)


def test_a_memory_hog_in_a_child(tried):
    process = tried("memory-hog-in-a-child")
    assert (process.ended, told(process)) == (Ended.EXITED, [{"child": signal.SIGKILL}])
    assert process.tried == ("used more memory than it may: 128 MiB",)


def test_disk_fillers(tried):
    process = tried("disk-filler", places=["/tmp", "/dev/shm", "/data", "/root", "/opt/ml/model", "/var", "/"])
    said = {row["place"]: (row["written"], row["error"]) for row in told(process)}
    full = "No space left on device"
    assert said["/tmp"] == said["/dev/shm"] == said["/data"] == (32 << 20, full)
    assert {said[place] for place in ("/opt/ml/model", "/")} == {(0, "Read-only file system")}
    assert {said[place][0] for place in ("/root", "/var")} == {0}


def test_a_disk_filler_of_a_root_that_can_be_written_to(tried):
    process = tried("disk-filler", places=["/"], writable=True)
    assert process.ended is Ended.FLOODED
    assert process.tried == ("wrote more than 32 MiB to the root file system",)
    assert process.seconds < 4


@pytest.mark.parametrize("writable", [False, True])
def test_volumes_of_the_image_keep_what_is_in_them_and_dont_fill_the_disk(tmp_path, writable):
    images = Images()
    try:
        base = images.imported(root(), "ENV PATH=/usr/bin:/bin")
        lines = [f"FROM {base}", "COPY Dockerfile /full/kept", "VOLUME /full /empty /opt/ml", "USER 65534"]
        name = images.built(tmp_path, *lines)
        given = Given(str(hostile.artifact(tmp_path / "m", "disk-filler", places=["/empty"])), {}, {})
        code = "import os, sys; print(os.listdir('/full'), os.getuid(), len(os.listdir('/opt/ml/model')), flush=True)"
        run = f"{code}; sys.path.insert(0, '/opt/ml/model/code'); import inference; inference.model_fn('')"
        with open_container(name, given, LIMITS) as sandbox:
            process = sandbox.run(["-c", run], writable=writable)
            assert sandbox.place.exposed[-1] == "its disk, through the image's volume /full"
        assert process.said.startswith(b"['kept'] 65534 2\n"), process
        assert told(process) == [{"place": "/empty", "written": 32 << 20, "error": "No space left on device"}]
    finally:
        images.remove()


def test_an_engine_without_an_init_of_its_own(image, tmp_path, monkeypatch):
    monkeypatch.setattr("doctor.trials.sandbox.container._INITS", ("no such program",))
    given = Given(str(hostile.artifact(tmp_path / "m", "segfaults")), {"run.py": hostile.RUN}, {})
    with open_container(image, given, LIMITS) as sandbox:
        sandbox._has_init = False
        assert sandbox.run(RUN).signal == signal.SIGSEGV


def test_one_file_is_no_larger_than_all_may_be(tried, image, tmp_path):
    code = b"import os; os.posix_fallocate(os.open('/big', os.O_CREAT | os.O_WRONLY), 0, 1 << 40)"
    given = Given(str(hostile.artifact(tmp_path / "m", "good")), {"run.py": code}, {})
    with open_container(image, given, LIMITS) as sandbox:
        process = sandbox.run(RUN, writable=True)
    assert process.ended is not Ended.FINISHED and ("File too large" in process.log or process.signal == signal.SIGXFSZ)


@pytest.mark.parametrize("name", ["endless", "sleeps"])
def test_one_that_never_ends(tried, name):
    process = tried(name, limits=LIMITS._replace(seconds=1))
    assert process.ended is Ended.OUT_OF_TIME and 1 <= process.seconds < 3


def test_one_that_outlives_its_parent(tried):
    process = tried("outlives", mark="doctor-outlives-container")
    assert process.ended is Ended.EXITED
    assert hostile.running("doctor-outlives-container") == []


def test_what_it_reads_is_the_image(tried, tmp_path, monkeypatch):
    secret = tmp_path / "secret"
    secret.write_text("host's own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "host's key")
    process = tried("reads", places=[secret, "/etc/shadow", "/etc/hostname", "/var/run/docker.sock", "/proc/1/environ"])
    said = process.said.decode()
    assert "host's" not in said
    assert Path("/etc/hostname").read_text().strip() not in [r.get("saw", "").strip() for r in told(process)]
    rows = told(process)
    assert next(r for r in rows if "processes" in r)["processes"] <= 3
    assert next(r for r in rows if "disks" in r)["disks"] == []
    assert next(r for r in rows if "environment" in r)["environment"]["SET"] == "1"


def test_there_is_no_network(tried):
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        mine = socket.gethostbyname(socket.gethostname())
        places = [f"127.0.0.1:{port}", f"{mine}:{port}", f"172.17.0.1:{port}", "169.254.169.254:80", "8.8.8.8:53"]
        rows = told(tried("network", places=places))
    assert [r["saw"] for r in rows if "address" in r and r["saw"] == "connected"] == []
    assert rows[-3]["name"] == "gaierror"
    assert rows[-2]["docker"] == "FileNotFoundError"
    assert rows[-1]["interfaces"] == ["lo"]


def test_the_mounts_cant_be_written_to(tried, tmp_path):
    process = tried("mounts")
    rows = told(process)
    assert {r["write"] for r in rows if "write" in r} == {"OSError"}
    assert {r["remount"] for r in rows if "remount" in r} == {-1}
    final = {k: v for r in rows[-3:] for k, v in r.items()}
    assert final["old"] == final["gone"] == "OSError"
    assert final["unmount"] == final["unshare"] == -1
    assert final["chroot"] == final["device"] == "PermissionError"
    assert (tmp_path / "model" / "model.bin").read_bytes() == b"weights"


@pytest.mark.parametrize("name", ["floods-output", "floods-log"])
def test_floods(tried, name):
    process = tried(name)
    hostile.was_stopped_for_flooding(process, LIMITS)


@pytest.mark.parametrize(
    ("name", "ended", "status", "number"),
    hostile.ENDS,
)
def test_other_ends(tried, name, ended, status, number):
    process = tried(name)
    assert (process.ended, process.status, process.signal) == (ended, status, number)
    assert b"done" not in process.said


def test_it_cant_kill_what_is_above_it(tried):
    process = tried("kills-its-parents")
    assert process.ended in {Ended.EXITED, Ended.SIGNALLED} and running()


def test_an_image_without_python_is_refused(tmp_path):
    images = Images()
    try:
        from tests.image.engine import archive

        name = images.imported(archive(("empty", b"")))
        given = Given(str(hostile.artifact(tmp_path / "m", "good")), {"run.py": b""}, {})
        with open_container(name, given, LIMITS) as sandbox:
            process = sandbox.run(RUN)
        assert process.ended is Ended.REFUSED and "exec python3 failed: No such file" in process.log
    finally:
        images.remove()


def test_an_image_that_the_engine_doesnt_have(tmp_path):
    with pytest.raises(BadInput, match="the engine doesn't have it; docker pull nobody"):
        open_container("nobody/has-this:1", Given(str(tmp_path), {}, {}), LIMITS)


def test_an_artifact_that_ends_early(image, tmp_path):
    path = tmp_path / "model.tar.gz"
    subprocess.run(["tar", "-C", hostile.artifact(tmp_path / "m", "good"), "-czf", path, "."], check=True)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(Unreadable, match="ends early"):
        open_container(image, Given(str(path), {}, {}), LIMITS)


def test_a_saved_image_is_loaded_and_removed_again(image, tmp_path):
    saved, tagged = tmp_path / "image.tar", "doctor-test-moved:1"
    docker("tag", image, tagged)
    docker("save", "-o", saved, tagged)
    docker("rmi", tagged)
    small = docker("import", "--change", "ENV A=1", "-", tagged, data=bytes(1024))
    try:
        given = Given(str(hostile.artifact(tmp_path / "m", "good")), {"run.py": hostile.RUN}, {})
        with open_container(f"docker-archive:{saved}", given, LIMITS) as sandbox:
            assert sandbox.run(RUN).said.endswith(b"done\n")
        assert docker("inspect", "-f", "{{.Id}}", tagged) == small  # the user's own tag is where it was
        docker("inspect", image)  # it was there before, and still is
    finally:
        docker("rmi", "-f", tagged)


def doctor(image, folder, ready) -> subprocess.Popen:
    """Another process that has a sandbox in which something runs."""
    program = textwrap.dedent(f"""
        import sys
        from doctor.trials.sandbox.base import Given
        from doctor.trials.sandbox.container import open_container
        from doctor.trials.values import Limits
        with open_container({image!r}, Given({str(folder)!r}, {{"run.py": {hostile.RUN!r}}}, {{}}), Limits(60)) as box:
            open({str(ready)!r}, "w").close()
            box.run({RUN!r})
    """)
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stderr=subprocess.PIPE,
        preexec_fn=hostile.as_in_a_terminal,  # noqa: PLW1509 - no thread runs here
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_one_that_is_told_to_end(image, tmp_path, number):
    process = doctor(image, hostile.artifact(tmp_path / "m", "sleeps"), tmp_path / "ready")
    until_it_runs(process, tmp_path / "ready")
    for _ in range(3):  # as someone who is impatient
        process.send_signal(number)
        time.sleep(0.03)
    process.wait(30)
    process.stderr.close()
    assert kept(process.pid) == []


def test_what_a_killed_one_leaves_is_swept(image, tmp_path):
    process = doctor(image, hostile.artifact(tmp_path / "m", "sleeps"), tmp_path / "ready")
    until_it_runs(process, tmp_path / "ready")
    process.kill()
    process.wait(30)
    process.stderr.close()
    assert is_running(process.pid)
    open_container(image, Given(str(tmp_path / "m"), {}, {}), LIMITS).close()
    assert kept(process.pid) == []


def test_what_only_carries_our_label_is_not_swept(image, tmp_path):
    mark = "aaaaaaaaaaaa.1.1.1"  # a machine's that is long gone
    (tmp_path / "m").mkdir()
    docker("create", "--name", "doctor-test-users-own", "--label", f"{MARK}={mark}", image, "true")
    docker("volume", "create", "--label", f"{MARK}={mark}", f"endpoint-doctor-{mark}-1")
    try:
        open_container(image, Given(str(tmp_path / "m"), {}, {}), LIMITS).close()
        assert docker("ps", "-a", "-q", "--filter", "name=doctor-test-users-own")
        assert not docker("volume", "ls", "-q", "--filter", f"name=endpoint-doctor-{mark}")
    finally:
        docker("rm", "doctor-test-users-own")


def until_it_runs(process: subprocess.Popen, ready: Path) -> None:
    until = time.monotonic() + 30
    while not (ready.exists() and is_running(process.pid)):
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(0.3)


def test_a_server_is_started_asked_and_stopped(image, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "weights").write_bytes(b"12345")
    serve = "cd /opt/ml/model && exec python3 -u -m http.server 8080"
    ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/weights').read())"
    with open_container(image, Given(str(tmp_path / "m"), {}, {}), LIMITS) as sandbox:
        server = sandbox.serving(command=["-c", serve], entrypoint=["sh"])
        server.start()
        until = time.monotonic() + 10
        while (answer := server.run(["-c", ask])).status and time.monotonic() < until:
            time.sleep(0.1)
        assert answer.said == b"b'12345'\n", (answer, server.log())
        assert server.is_running()
        assert "Serving HTTP" in server.log()
        status, seconds = server.stop(1)
        assert (status, seconds >= 1) == (137, True)  # process 1 of a container ignores SIGTERM by default
        assert not server.is_running()


def test_its_memory_is_noted_while_it_runs(tried):
    process = tried("holds")
    assert 60 << 20 < process.peak < 128 << 20
