"""Tests of the check onnxruntime-installed-twice."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

ID = "onnxruntime-installed-twice"
BOTH = {"onnxruntime": "1.20.1", "onnxruntime-gpu": "1.20.0"}
CUDA = 'import onnxruntime\n\nS = onnxruntime.InferenceSession("m", providers=["CUDAExecutionProvider"])\n'


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "onnxruntime 1.20.1 and onnxruntime-gpu 1.20.1" in first.finding.message


def test_a_handler_for_the_cpu_is_clear():
    code = {"code/inference.py": "import onnxruntime\n"}
    assert ask(ID, artifact=code, serving=BOTH).status is Status.CLEAR


def test_one_is_clear():
    code = {"code/inference.py": CUDA}
    assert ask(ID, artifact=code, serving={"onnxruntime-gpu": "1.20.0"}).status is Status.CLEAR


def test_a_handler_that_looks_first_is_clear():
    code = {"code/inference.py": CUDA + "print(onnxruntime.get_available_providers())\n"}
    assert ask(ID, artifact=code, serving=BOTH).status is Status.CLEAR
