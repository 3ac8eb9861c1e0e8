"""decompression-bomb: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/decompression-bomb").findings[0]
    assert first.check.id == "decompression-bomb"
    assert "unpacks to more than anyone packs" in first.finding.message


def test_small():
    outcome = ask("decompression-bomb", artifact={"code/inference.py": HANDLER})
    assert outcome.status is Status.CLEAR
