from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import GPU_STATE_DICT, STATE_DICT, file_of, handler


def test_the_fixture():
    first = examine("sick/checkpoint-needs-map-location").findings[0]
    finding = first.finding
    assert first.check.id == "checkpoint-needs-map-location"
    assert "model.pth" in finding.message
    assert "cuda:0" in finding.message
    assert "ml.m5.xlarge" in finding.message


def status(loading, file=GPU_STATE_DICT, torch="2.13.0", **parts):
    script = handler(f"model = Net()\nmodel.load_state_dict({loading})\nreturn model")
    artifact = {"model.pth": file_of(file), "code/inference.py": script}
    return ask("checkpoint-needs-map-location", artifact=artifact, serving={"torch": torch}, **parts).status


def test_a_gpu_instance_is_clear():
    assert status("torch.load(path)", instance="ml.g5.xlarge") is Status.CLEAR


def test_a_cpu_instance_or_build_is_found():
    assert status("torch.load(path)", instance="ml.m5.xlarge") is Status.FOUND
    assert status("torch.load(path)", torch="2.13.0+cpu") is Status.FOUND
    assert status("torch.load(path)", torch="2.13.0+cpu", instance="ml.g5.xlarge") is Status.FOUND


def test_nothing_tells_of_a_gpu():
    assert status("torch.load(path)") is Status.UNKNOWN


def test_any_map_location_is_clear():
    assert status("torch.load(path, map_location='cpu')", instance="ml.m5.xlarge") is Status.CLEAR
    assert status("torch.load(path, 'cpu')", instance="ml.m5.xlarge") is Status.CLEAR
    assert status("torch.load(path, **options)", instance="ml.m5.xlarge") is Status.CLEAR


def test_map_location_to_a_gpu_that_is_not_there():
    assert status("torch.load(path, map_location='cuda:0')", STATE_DICT, instance="ml.m5.xlarge") is Status.FOUND


def test_a_file_of_the_cpu_is_clear():
    assert status("torch.load(path)", STATE_DICT, instance="ml.m5.xlarge") is Status.CLEAR


def test_a_failure_that_is_caught_is_clear():
    body = "try:\n    return torch.load(path)\nexcept RuntimeError:\n    return torch.load(path, map_location='cpu')"
    artifact = {"model.pth": file_of(GPU_STATE_DICT), "code/inference.py": handler(body)}
    outcome = ask(
        "checkpoint-needs-map-location", artifact=artifact, serving={"torch": "2.13.0"}, instance="ml.m5.xlarge"
    )
    assert outcome.status is Status.CLEAR
