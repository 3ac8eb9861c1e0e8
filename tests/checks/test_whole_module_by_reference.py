from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import STATE_DICT, WHOLE, file_of, handler


def test_the_fixture():
    first = examine("sick/whole-module-by-reference").findings[0]
    finding = first.finding
    assert first.check.id == "whole-module-by-reference"
    assert "model.pth" in finding.message
    assert "Net" in finding.message
    assert "__main__" in finding.message


def outcome(script, *more, file=WHOLE, finds=None):
    artifact = {"model.pth": file_of(file), "code/inference.py": script, **dict(more)}
    return ask("whole-module-by-reference", artifact=artifact, serving={"torch": "2.5.1"}, finds=finds)


def test_main_fails_even_with_a_class_of_that_name():
    assert outcome(handler("return torch.load(path)")).status is Status.FOUND


def test_a_handler_that_mends_main_is_clear():
    script = handler("return torch.load(path)") + "\nimport sys\nsys.modules['__main__'].Net = Net\n"
    assert outcome(script).status is Status.CLEAR


def test_a_packed_module_is_clear_and_an_absent_one_found():
    script, vendored = handler("return torch.load(path)"), "healthy/torch-whole-module-vendored"
    assert outcome(script, ("code/nets.py", ""), file=vendored).status is Status.CLEAR
    absent = outcome(script, file=vendored, finds=lambda module: False)
    assert absent.findings[0].log == "ModuleNotFoundError: No module named 'nets'"
    assert outcome(script, file=vendored).status is Status.UNKNOWN


def test_a_state_dict_is_clear():
    assert outcome(handler("return torch.load(path)"), file=STATE_DICT).status is Status.CLEAR
