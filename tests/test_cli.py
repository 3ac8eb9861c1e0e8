"""The command line as a user meets it: exit statuses, one line for bad input, formats, selection, colour."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from doctor import __version__
from tests.deployments import alone, artifact_of, asked, checks, plan_of

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
ESCAPE = re.compile(r"\x1b\[")


def doctor(*arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR"}}
    return subprocess.run(
        [sys.executable, "-m", "doctor", *map(str, arguments)],
        capture_output=True, text=True, cwd=ROOT, check=False, env={**clean, **environment},
    )  # fmt: skip


def options(name, folder):
    plan = plan_of(name, folder)
    words = [plan.artifact]
    for key in ("image", "serving", "training", "stack", "sample", "instance_type"):
        if value := getattr(plan, key):
            words += [f"--{key.replace('_', '-')}", value]
    return [*words, *(w for k, v in plan.variables.items() for w in ("--env", f"{k}={v}"))]


@pytest.fixture
def sick(tmp_path):
    return options("sick/nested-root", tmp_path)


def test_version():
    for flag in ("--version",):
        done = doctor(flag)
        assert (done.returncode, done.stdout) == (0, f"endpoint-doctor {__version__}\n")


def test_a_sick_deployment_exits_with_1_and_names_the_check(sick):
    done = doctor("check", *sick)
    assert done.returncode == 1, done.stderr
    assert "nested-root" in done.stdout
    assert done.stderr == ""


def test_a_healthy_deployment_exits_with_0(tmp_path):
    name = alone("healthy")[0]
    done = doctor("check", *options(name, tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("level", "status"), [("error", 1), ("warning", 1), ("note", 1), ("never", 0)])
def test_fail_on(sick, level, status):
    assert doctor("check", *sick, "--fail-on", level).returncode == status


@pytest.mark.parametrize("name", ["sick/nested-root", *alone("healthy")[:3], *alone("sick")[:6]])
def test_json_keeps_to_its_schema(tmp_path, name):
    done = doctor("check", *options(name, tmp_path), "--format", "json")
    value = json.loads(done.stdout)
    jsonschema.validate(value, SCHEMA)
    assert sum(value["summary"]["checks"].values()) == len(asked())
    assert sum(value["summary"]["findings"].values()) == len(value["findings"])


def test_output_goes_to_a_file(sick, tmp_path):
    done = doctor("check", *sick, "--format", "json", "--output", tmp_path / "r.json")
    assert done.stdout == ""
    assert json.loads((tmp_path / "r.json").read_text())["findings"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "absent.tar.gz"),
        ("check", "README.md"),
        ("check", "absent.tar.gz", "--env", "oops"),
        ("check", "LICENSE", "--select", "no-such-check"),
        ("explain", "no-such-check"),
        ("inspect", "absent"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments):
    done = doctor(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("doctor: ")
    assert done.stderr.count("\n") == 1


def test_bad_options_of_a_good_artifact_are_one_line(sick, tmp_path):
    for more in (
        ["--instance-type", "ml.m5.enormous"],
        ["--serving", str(tmp_path / "absent.txt")],
        ["--image", str(tmp_path / "absent.tar")],
        ["--sample", str(tmp_path / "absent.json")],
        ["--output", str(tmp_path / "no" / "such" / "folder.txt")],
    ):
        done = doctor("check", sick[0], *more)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), (more, done.stderr)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--serving", "--training", "--image", "--sample"])
def test_what_was_given_is_read_even_where_no_check_asks_for_it(sick, tmp_path, option):
    done = doctor("check", sick[0], "--select", "nested-root", option, str(tmp_path / "absent"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "absent" in done.stderr


def test_a_misspelt_id_is_corrected():
    assert "did you mean nested-root?" in doctor("explain", "nested-rot").stderr


def test_select_and_ignore(sick, tmp_path):
    only = json.loads(doctor("check", *sick, "--select", "nested-root", "--format", "json").stdout)
    assert sum(only["summary"]["checks"].values()) == 1
    (tmp_path / "other").mkdir()
    other = options("sick/junk-packed", tmp_path / "other")
    without = json.loads(doctor("check", *other, "--ignore", "junk-packed", "--format", "json").stdout)
    assert sum(without["summary"]["checks"].values()) == len(asked()) - 1
    assert not without["findings"]


def test_no_colour_where_no_one_sees_it(sick):
    assert not ESCAPE.search(doctor("check", *sick).stdout)
    assert ESCAPE.search(doctor("check", *sick, FORCE_COLOR="1").stdout)
    assert not ESCAPE.search(doctor("check", *sick, FORCE_COLOR="1", NO_COLOR="1").stdout)


def in_terminal(arguments, columns, **environment):
    """Run in a pseudo-terminal of a width, and return what it would show."""
    leader, follower = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "LINES": "40", "TERM": "xterm-256color", **environment}
    env.pop("NO_COLOR", None) if "NO_COLOR" not in environment else None
    process = subprocess.Popen(
        [sys.executable, "-m", "doctor", *arguments],
        stdout=follower,
        stderr=follower,
        stdin=follower,
        cwd=ROOT,
        env=env,
    )
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 65536):
            shown += chunk
    except OSError:
        pass  # the other end was closed: the program has ended
    process.wait()
    os.close(leader)
    return shown.decode()


@pytest.mark.parametrize("columns", [80, 140])
def test_in_a_terminal(sick, columns):
    coloured = in_terminal(["check", *sick], columns)
    plain = in_terminal(["check", *sick], columns, NO_COLOR="1")
    assert ESCAPE.search(coloured)
    assert not ESCAPE.search(plain)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    prose = [line for line in plain.splitlines() if not line.strip().startswith("fix") and "/" not in line]
    assert max(map(len, prose)) <= columns


def test_quiet_is_a_line_for_each_finding(sick):
    lines = doctor("check", *sick, "-q").stdout.splitlines()
    assert lines[0].startswith("error   nested-root ")


def test_verbose_says_why_it_could_not_tell(tmp_path):
    artifact = artifact_of("sick/nested-root", tmp_path)
    assert "no --image or --serving given" in doctor("check", artifact, "-v").stdout
    assert "clear" in doctor("check", artifact, "-vv").stdout


def test_explain_and_checks():
    listing = doctor("checks").stdout
    for check in checks():
        assert check.id in listing
    for check in checks()[:5]:
        assert check.title in doctor("explain", check.id).stdout
    assert len(json.loads(doctor("checks", "--format", "json").stdout)["checks"]) == len(checks())


def test_inspect(tmp_path):
    name = next(n for n in alone("healthy") if "torch" in n)
    artifact = artifact_of(name, tmp_path)
    seen = json.loads(doctor("inspect", artifact, "--format", "json").stdout)
    assert seen["models"]
    assert seen["models"][0]["path"] in doctor("inspect", artifact).stdout


def test_completion_completes():
    script = doctor("completion", "bash").stdout
    assert "_DOCTOR_COMPLETE=bash_complete" in script
    done = subprocess.run(
        [sys.executable, "-c", "from doctor.__main__ import main; main()"],
        env={
            **os.environ, "_DOCTOR_COMPLETE": "bash_complete",
            "COMP_WORDS": "doctor explain nested-r", "COMP_CWORD": "2",
        },
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert "nested-root" in done.stdout


def test_terminal_escapes_in_names_are_not_obeyed(tmp_path):
    import tarfile

    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../\x1b[2J\x1b]0;owned\x07evil"))
    done = doctor("check", tmp_path / "m.tar.gz")
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
    assert done.returncode == 1


def test_docs_are_what_the_checks_say():
    done = subprocess.run(
        [sys.executable, "docs/build.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
