from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_no_variables_for_python():
    first = examine("sick/savedmodel-variables-missing").findings[0]
    assert first.check.id == "savedmodel-variables-missing"
    assert first.finding.message.startswith("export/variables/variables.index is not packed")
    assert "matching files for /opt/ml/model/export/variables/variables" in first.finding.log


def test_no_shard_and_no_variables_for_the_server():
    first = examine("sick/savedmodel-variables-missing--shard").findings[0]
    assert first.finding.message.startswith("scorer/1/variables/variables.data-00000-of-00001 is not packed")
    first = examine("sick/savedmodel-variables-missing--in-the-server").findings[0]
    assert first.finding.log.startswith("Could not find variable")


def test_the_second_of_two_shards():
    model = files("healthy/savedmodel-in-version-folder")
    shard = model.pop("model/1/variables/variables.data-00000-of-00001")
    model["model/1/variables/variables.data-00000-of-00002"] = shard
    found = ask("savedmodel-variables-missing", artifact=model).findings[0]
    assert "variables.data-00001-of-00002 is not packed" in found.message


def test_a_whole_one():
    model = files("healthy/savedmodel-in-version-folder")
    assert ask("savedmodel-variables-missing", artifact=model).status is Status.CLEAR
