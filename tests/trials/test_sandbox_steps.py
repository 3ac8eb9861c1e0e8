"""Hostile artifacts as a trial runs them: what the report can say of a step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from doctor.trials import asking
from doctor.trials.running import Trial
from doctor.trials.sandbox.base import Given
from doctor.trials.sandbox.container import open_container
from doctor.trials.sandbox.local import open_local
from doctor.trials.values import Ended, Limits, Step
from tests.image.engine import Images, running
from tests.image.rootfs import root
from tests.trials import hostile

LIMITS = Limits(seconds=5, memory=128 << 20, cpus=1, processes=64, temporary=32 << 20, output=1 << 20)
CONTAINER = pytest.mark.skipif(not running(), reason="no container engine: steps in containers are NOT TESTED")


@pytest.fixture(scope="module")
def image():
    made = Images()
    yield made.imported(root(), "ENV PATH=/usr/bin:/bin")
    made.remove()


@pytest.fixture(params=["local", pytest.param("container", marks=CONTAINER)])
def load(request, tmp_path):
    def step(name: str, **how) -> Step:
        folder = hostile.artifact(tmp_path / "model", name, **how)
        files = asking.files(stack="pytorch", models=(), sample=None, content_type="", seconds=5)
        given = Given(str(folder), files, {"SAGEMAKER_PROGRAM": "inference.py"})
        if request.param == "local":
            sandbox = open_local(sys.executable, given, LIMITS)
        else:
            sandbox = open_container(request.getfixturevalue("image"), given, LIMITS)
        with sandbox:
            return Trial(sandbox, "load", LIMITS).step("load")

    return step


def test_a_good_one(load):
    step = load("good")
    assert step.worked and step.tried == () and step.value["how"] == "model_fn of code/inference.py"
    assert 0 < step.peak < 128 << 20


def test_the_network(load):
    step = load("network", places=["169.254.169.254:80"])
    assert {
        "tried to connect to 169.254.169.254:80",
        "asked for the address of example.com",
        "tried to connect to the socket /var/run/docker.sock",
    } <= set(step.tried)


def test_a_forged_result_is_not_believed(load):
    step = load("forges")
    assert (step.ended, dict(step.value), step.failure) == (Ended.EXITED, {}, None)
    assert any("none of the probe's" in what for what in step.tried)
    assert step.phase == "load"


def test_its_own_nonce_doesnt_make_a_second_result_believed(load):
    step = load("forges-with-the-nonce")
    assert not step.worked and "wrote results of its own to the probe's channel" in step.tried


@pytest.mark.parametrize(
    ("name", "ended", "number"),
    [
        ("memory-hog", Ended.OUT_OF_MEMORY, signal.SIGKILL),
        ("segfaults", Ended.SIGNALLED, signal.SIGSEGV),
        ("exits-well", Ended.EXITED, 0),
        ("floods-log", Ended.FLOODED, 0),
        ("endless", Ended.OUT_OF_TIME, 0),
    ],
)
def test_other_ends(load, name, ended, number):
    step = load(name)
    assert (step.ended, step.signal, step.phase, step.failure) == (ended, number, "load", None)


def test_programs_and_files(load):
    assert "forked itself" in load("outlives", mark="doctor-steps").tried
    assert hostile.running("doctor-steps") == []


def test_writing(load):
    tried = load("mounts").tried
    assert any(what.endswith("/new in the model's folder for writing") for what in tried)
    assert "opened /usr/new for writing" in tried


def test_its_log_has_nothing_that_a_terminal_obeys(load):
    step = load("paints")
    assert "red" in step.log and "\x1b" not in step.log and "\x07" not in step.log


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become another user: NOT TESTED")
@pytest.mark.parametrize("name", ["good", "outlives", "fork-bomb", "memory-hog-in-a-child"])
def test_a_user_without_rights(tmp_path, name):
    python = "/usr/bin/python3"
    if not Path(python).exists() or not os.access(Path(__file__), os.R_OK):
        pytest.skip("NOT TESTED: no interpreter that another user can run")
    folder = hostile.artifact(tmp_path / "model", name, mark="doctor-user")
    for path in (*tmp_path.parents, tmp_path, *tmp_path.rglob("*")):
        if "pytest" in str(path):
            path.chmod(path.stat().st_mode | 0o555)
    program = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent.parent.parent)!r})
        from doctor.trials.sandbox.base import Given
        from doctor.trials.sandbox.local import open_local
        from doctor.trials.values import Limits
        given = Given({str(folder)!r}, {{"run.py": {hostile.RUN!r}}}, {{}})
        with open_local({python!r}, given, Limits(3, 128 << 20, 1, 64, 32 << 20, 1 << 20)) as box:
            process = box.run([box.probe_dir + "/run.py", box.model_dir])
            print(process.ended.name, any("watched, not limited" in e for e in box.place.exposed))
    """)
    command = [python, "-B", "-c", program]
    who = {"user": 65534, "group": 65534, "extra_groups": []}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"HOME": "/"}, cwd="/", **who)
    said = done.stdout.split()
    if "ModuleNotFoundError" in done.stderr or "PermissionError" in done.stderr:
        pytest.skip(f"NOT TESTED: another user can't read this checkout: {done.stderr[-200:]}")
    stopped = {"OUT_OF_MEMORY", "OUT_OF_TIME"}
    expected = {
        "good": {"EXITED"},
        "outlives": {"EXITED"},
        "fork-bomb": stopped | {"SIGNALLED"},  # killed for having more processes than it may
        "memory-hog-in-a-child": stopped,
    }
    assert said and said[0] in expected[name], (done.stdout, done.stderr)
    assert hostile.running("doctor-user") == []
