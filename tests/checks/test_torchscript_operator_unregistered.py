from __future__ import annotations

from doctor.model import Likelihood, Status
from tests.deployments import ask, examine
from tests.torchfiles import SCRIPT, file_of

JIT = "import os, torch\ndef model_fn(model_dir):\n    return torch.jit.load(os.path.join(model_dir, 'model.pt'))\n"


def test_the_fixture():
    first = examine("sick/torchscript-operator-unregistered").findings[0]
    finding = first.finding
    assert first.check.id == "torchscript-operator-unregistered"
    assert "model.pt" in finding.message
    assert "torchvision::nms" in finding.message


FILE = "sick/torchscript-operator-unregistered"


def outcome(script=JIT, file=FILE, **parts):
    artifact = {"model.pt": file_of(file, "model.pt"), "code/inference.py": script}
    return ask("torchscript-operator-unregistered", artifact=artifact, **parts)


def test_an_import_registers_it():
    serving = {"torch": "2.13.0", "torchvision": "0.28.0"}
    assert outcome("import torchvision\n" + JIT, serving=serving).status is Status.CLEAR
    assert outcome("import ultralytics\n" + JIT, serving=serving).status is Status.CLEAR  # may import it
    assert outcome(serving=serving).findings[0].likelihood is Likelihood.LIKELY


def test_a_library_of_operators_loaded_by_hand():
    serving = {"torch": "2.13.0"}
    script = JIT + "torch.ops.load_library('/opt/ops.so')\n"
    assert outcome(script, serving=serving).status is Status.CLEAR


def test_pytorch_s_own_operators_are_clear():
    assert outcome(file=SCRIPT, serving={"torch": "2.13.0"}).status is Status.CLEAR
