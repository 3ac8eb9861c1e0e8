from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_cut_short_for_python_and_for_the_server():
    for name, path in (("", "export"), ("--in-the-server", "scorer/1")):
        first = examine(f"sick/savedmodel-truncated{name}").findings[0]
        assert first.check.id == "savedmodel-truncated"
        assert first.finding.message.startswith(f"{path}/saved_model.pb is cut short: ends at byte")
        assert "bytes short" in first.finding.message


def test_one_that_the_handler_does_not_load():
    model = files("sick/savedmodel-truncated")
    model["code/inference.py"] = model["code/inference.py"].replace(b'"export"', b'"other"')
    assert ask("savedmodel-truncated", artifact=model).status is Status.CLEAR


def test_a_whole_one():
    assert ask("savedmodel-truncated", artifact=files("healthy/savedmodel-at-1")).status is Status.CLEAR
