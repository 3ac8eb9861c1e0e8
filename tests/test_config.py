"""``--config FILE``: gives what the command line leaves out; a mistake in it is one line and exit status 2."""

from __future__ import annotations

import json

import pytest

from tests.deployments import FIXTURES
from tests.test_cli import doctor

SICK = FIXTURES / "sick" / "torch-module-skew"


def check(folder, text, *more):
    path = folder / "deploy.toml"
    path.write_text(text)
    return doctor("check", SICK / "model", "--config", path, "--format", "json", *more)


@pytest.fixture
def serving(tmp_path):
    (tmp_path / "serving.txt").write_text((SICK / "serving.txt").read_text())


def test_it_gives_the_options_and_the_command_line_goes_before_it(tmp_path, serving):
    text = 'serving = "serving.txt"\nstack = "pytorch"\ninstance-type = "ml.m5.xlarge"\n[env]\nA = "1"\nB = 2\n'
    done = check(tmp_path, text, "--instance-type", "ml.m5.large", "--env", "B=3")
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert said["findings"][0]["check"] == "torch-module-skew"
    told = said["subject"]
    assert told["instance_type"] == "ml.m5.large"
    assert told["variables"] == {"A": "1", "B": "3"}
    assert told["serving"] == str(tmp_path / "serving.txt")


def test_the_form_of_the_answer_goes_by_its_option_s_name(tmp_path, serving):
    (tmp_path / "deploy.toml").write_text('serving = "serving.txt"\nstack = "pytorch"\nformat = "json"\n')
    done = doctor("check", SICK / "model", "--config", tmp_path / "deploy.toml")
    assert json.loads(done.stdout)["findings"][0]["check"] == "torch-module-skew"


def test_what_says_how_to_answer_may_stand_in_it(tmp_path, serving):
    text = 'serving = "serving.txt"\nstack = "pytorch"\nfail-on = "never"\nignore = ["torch-module-skew"]\n'
    done = check(tmp_path, text)
    assert (done.returncode, json.loads(done.stdout)["findings"]) == (0, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('instance_typ = "x"', "instance_typ is no option (did you mean instance-type?)"),
        ("a b", "no TOML"),
        ('env = "A=1"', "env is a table"),
        ("[env]\nA = true", "env.A is True; write it as text"),
        ("stack = 1.5", "stack is 1.5"),
        ('stack = "rails"', "'rails' is not one of"),
        ('[serving]\nx = "y"', "serving is {'x': 'y'}"),
        ("\udcff", "no TOML"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, text, says):
    path = tmp_path / "deploy.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = doctor("check", SICK / "model", "--config", path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_no_such_file(tmp_path):
    done = doctor("check", SICK / "model", "--config", tmp_path / "absent.toml")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "No such file" in done.stderr
