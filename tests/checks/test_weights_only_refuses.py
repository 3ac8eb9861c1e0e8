from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import CHECKPOINT, LEGACY, PREFIXED, QUANTIZED, STATE_DICT, WHOLE, file_of, handler


def test_the_fixture():
    first = examine("sick/weights-only-refuses").findings[0]
    finding = first.finding
    assert first.check.id == "weights-only-refuses"
    assert "2.13.0+cpu" in finding.message
    assert "model.pth" in finding.message
    assert "__main__.Net" in finding.message


def status(loading="torch.load(path)", torch="2.13.0", file=WHOLE, **parts):
    artifact = {"model.pth": file_of(file), "code/inference.py": handler(f"return {loading}")}
    return ask("weights-only-refuses", artifact=artifact, serving={"torch": torch}, **parts).status


def test_the_metric_beside_the_weights():
    finding = examine("sick/weights-only-refuses--numpy-metric").findings[0].finding
    assert "numpy._core.multiarray.scalar" in finding.message


def test_the_default_changed_in_2_6():
    assert status() is Status.FOUND
    assert status(torch="2.6.0") is Status.FOUND
    assert status(torch="2.5.1") is Status.CLEAR
    assert status("torch.load(path, weights_only=True)", torch="2.5.1") is Status.FOUND


def test_what_admits_it_is_clear():
    assert status("torch.load(path, weights_only=False)") is Status.CLEAR
    assert status("torch.load(path, weights_only=trusted)") is Status.CLEAR
    assert status("torch.load(path, pickle_module=dill)") is Status.CLEAR
    assert status("(torch.serialization.add_safe_globals([Net]), torch.load(path))") is Status.CLEAR
    assert status(env={"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}) is Status.CLEAR


def test_weights_alone_are_clear():
    for file in (STATE_DICT, PREFIXED, QUANTIZED, CHECKPOINT, LEGACY):
        assert status(file=file) is Status.CLEAR


def test_without_torch_s_version_it_is_unknown():
    assert status(torch="") is Status.UNKNOWN
