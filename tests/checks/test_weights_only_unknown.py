from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

FILE = "sick/weights-only-unknown"


def test_the_fixture():
    first = examine(FILE).findings[0]
    assert first.check.id == "weights-only-unknown"
    assert first.finding.message == "torch.load is given weights_only, which torch 1.12.1 doesn't know"
    assert first.finding.log == "TypeError: 'weights_only' is an invalid keyword argument for Unpickler()"


@pytest.mark.parametrize(
    ("torch", "status"), [("1.8.0", Status.FOUND), ("1.13.0", Status.CLEAR), ("2.6.0", Status.CLEAR)]
)
def test_since_1_13(torch, status):
    assert ask("weights-only-unknown", artifact=files(FILE), serving={"torch": torch}).status is status


def test_not_given():
    artifact = files(FILE)
    artifact["code/inference.py"] = artifact["code/inference.py"].replace(b", weights_only=False", b"")
    assert ask("weights-only-unknown", artifact=artifact, serving={"torch": "1.8.0"}).status is Status.CLEAR
