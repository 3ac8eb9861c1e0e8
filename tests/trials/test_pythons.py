"""The probe runs on every Python that serves, from 3.7 on: those that are here."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from doctor.trials import packing
from doctor.trials.asking import files
from doctor.trials.reading import step_of
from doctor.trials.values import Ended, Process

PROBE = Path(packing.__file__).with_name("probe")
VERSIONS = ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
HANDLER = """\
import json
import warnings


def model_fn(model_dir):
    warnings.warn("weights of long ago")
    with open(model_dir + "/weights.json") as file:
        return json.load(file)


def input_fn(data, content_type):
    return json.loads(data)


def predict_fn(data, model):
    print("this goes to the log")
    return [sum(w * x for w, x in zip(model, row)) for row in data]


def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
"""


def interpreters() -> dict[str, str]:
    """Interpreters by their minor version: on the path, or where pyenv keeps them."""
    found = {v: place for v in VERSIONS if (place := shutil.which(f"python{v}"))}
    for place in sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python")):
        found[".".join(place.parent.parent.name.split(".")[:2])] = str(place)
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {v: p for v, p in {**found, own: sys.executable}.items() if v in VERSIONS}


@pytest.fixture
def home(tmp_path):
    model = tmp_path / "model"
    (model / "code").mkdir(parents=True)
    (model / "code" / "inference.py").write_text(HANDLER)
    (model / "weights.json").write_text("[1, 2]")
    given = files(stack="", models=(), sample=b"[[3, 4]]", content_type="application/json", seconds=60)
    for name, data in given.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def step(python, home, name):
    command = [python, "-B", home / "probe.pyz", name, home / "request.json", "N", home / "model"]
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False, timeout=120, cwd=home)
    assert done.returncode == 0, done.stderr.decode()
    return step_of(name, Process(Ended.EXITED, 0, 0, done.stdout, done.stderr.decode(), 0.1), "N")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_model_is_loaded_and_asked(home, version):
    if version not in (found := interpreters()):
        pytest.skip(f"NOT TESTED: Python {version} is not here")
    loaded = step(found[version], home, "load")
    assert loaded.worked, loaded.failure
    assert [w.where for w in loaded.warnings] == ["code/inference.py:6"]
    asked = step(found[version], home, "invoke")
    assert asked.worked, asked.failure
    case = asked.value["cases"][0]
    assert (case["outcome"], json.loads(case["answer"])) == ("answered", [11])
    assert "this goes to the log" in asked.log


def test_its_syntax_is_that_of_the_oldest():
    for path in PROBE.rglob("*.py"):
        ast.parse(path.read_text(), path.name, feature_version=(3, 7))


def test_it_is_packed_alike_each_time():
    assert packing.packed() == packing.packed()
