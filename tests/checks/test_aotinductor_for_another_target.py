from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.exportedfiles import handler, package


def status(model, instance):
    artifact = {"model.pt2": model, "code/inference.py": handler("torch._inductor.aoti_load_package")}
    return ask("aotinductor-for-another-target", artifact=artifact, stack="pytorch", instance=instance).status


def test_the_fixtures():
    first = examine("sick/aotinductor-for-another-target").findings[0]
    assert first.check.id == "aotinductor-for-another-target"
    assert "ml.m5.xlarge has none" in first.finding.message
    first = examine("sick/aotinductor-for-another-target--other-gpu").findings[0]
    assert first.check.id == "aotinductor-for-another-target"
    assert "8.0" in first.finding.message and "T4" in first.finding.message


def test_the_same_generation_is_clear():
    assert status(package("cuda", "80"), "ml.p4d.24xlarge") is Status.CLEAR
    assert status(package("cuda", "80"), "ml.g5.xlarge") is Status.CLEAR
    assert status(package("cuda", "86"), "ml.p4d.24xlarge") is Status.FOUND
    assert status(package("cuda", "90"), "ml.g6.xlarge") is Status.FOUND


def test_a_processor_of_another_kind():
    assert status(package(), "ml.m5.xlarge") is Status.CLEAR
    assert status(package(), "ml.c7g.xlarge") is Status.FOUND
    assert status(package(machine="aarch64"), "ml.c7g.xlarge") is Status.CLEAR


def test_without_a_capability_it_is_unknown():
    assert status(package("cuda"), "ml.g5.xlarge") is Status.UNKNOWN
    assert status(package("cuda"), "") is Status.UNKNOWN


def test_a_package_that_nothing_loads_is_clear():
    artifact = {"gpu.pt2": package("cuda"), "cpu.pt2": package(), "code/inference.py": "def model_fn(d): pass\n"}
    outcome = ask("aotinductor-for-another-target", artifact=artifact, stack="pytorch", instance="ml.m5.large")
    assert outcome.status is Status.CLEAR
