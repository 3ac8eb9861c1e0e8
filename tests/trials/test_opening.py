"""Which sandbox a trial gets, and what is said where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from doctor.deployment import Deployment, Plan
from doctor.errors import BadInput
from doctor.model import Unknown
from doctor.trials import opening
from tests.deployments import deployment

SCRIPT = {"code/inference.py": "def model_fn(folder):\n    return None\n"}


def test_without_trial_nothing_is_opened():
    with pytest.raises(Unknown, match="no --trial given"):
        deployment(artifact=SCRIPT).part("load")


def test_a_place_to_run_it_is_needed():
    with pytest.raises(BadInput, match="--trial load: nothing to run it in"):
        deployment(artifact=SCRIPT, trial="load").part("load")


def test_a_list_of_packages_cannot_be_run(tmp_path):
    (tmp_path / "freeze.txt").write_text("numpy==2.0.0\n")
    with pytest.raises(BadInput, match="it can't be run"):
        opening.interpreter(str(tmp_path / "freeze.txt"))


def test_an_interpreter_and_a_virtual_environment_are_the_same():
    home = Path(sys.prefix)
    assert opening.interpreter(str(home)) == str(home / "bin" / "python")
    assert opening.interpreter(str(home / "bin" / "python")) == str(home / "bin" / "python")


def test_what_start_up_would_install_is_not_there():
    planned = deployment(
        artifact={**SCRIPT, "code/requirements.txt": "lightgbm==4.6.0\nnumpy\n"},
        serving={"numpy": "2.0.0"},
        trial="load",
    )
    with pytest.raises(Unknown, match=r"would install lightgbm==4.6.0 \(code/requirements.txt\)"):
        planned.part("load")


def test_what_is_there_already_is_not_installed():
    planned = deployment(
        artifact={**SCRIPT, "code/requirements.txt": "numpy>=1\n"}, serving={"numpy": "2.0.0"}, trial="load"
    )
    with pytest.raises(BadInput, match="nothing to run it in"):
        planned.part("load")


def test_a_script_from_a_bucket_is_not_there():
    planned = deployment(artifact=SCRIPT, trial="load", env={"SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/sourcedir.tar.gz"})
    with pytest.raises(Unknown, match=r"fetch the script from s3://b/sourcedir.tar.gz"):
        planned.part("load")


def test_without_an_engine_a_local_interpreter_does(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "")
    monkeypatch.setattr("doctor.image.daemon.SOCKET", str(tmp_path / "no.sock"))
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "inference.py").write_text(SCRIPT["code/inference.py"])
    plan = Plan(
        artifact=str(tmp_path), image="my-image:1", serving=sys.executable, stack="multi-model-server", trial="load"
    )
    planned = Deployment(plan)
    try:
        assert planned.part("load").worked
        assert any("no container engine" in text for text in planned.trial.sandbox.place.exposed)
    finally:
        planned.close()


def test_without_either_one_line_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "")
    monkeypatch.setattr("doctor.image.daemon.SOCKET", str(tmp_path / "no.sock"))
    with pytest.raises(BadInput, match=r"no container engine here.*start Docker, or name a virtual environment"):
        deployment(artifact=SCRIPT, image="my-image:1", trial="load").part("load")


@pytest.mark.parametrize(
    ("instance", "cpus", "memory"), [("ml.t2.medium", 2, 4 << 30), ("", None, None), ("ml.m5.24xlarge", None, None)]
)
def test_limits_are_the_instances_as_far_as_this_machine_goes(monkeypatch, instance, cpus, memory):
    monkeypatch.setattr(opening, "_machine_memory", lambda: 6 << 30)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    limits = opening._limits(deployment(instance=instance).part("target"), 60)
    assert (limits.cpus, limits.memory) == (cpus or 3, memory or 6 << 30)
    assert bool(limits.capped) == (instance == "ml.m5.24xlarge")
