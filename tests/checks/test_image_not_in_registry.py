from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "image-not-in-registry"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "emnlp:opt names no registry" in first.finding.message


def test_registries_that_endpoints_pull_from():
    ecr = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mine:2"
    assert ask(CHECK, reference=ecr, endpoint="serverless").status is Status.CLEAR
    assert ask(CHECK, reference="registry.example.com/mine:2", endpoint="realtime").status is Status.CLEAR
    assert ask(CHECK, reference="registry.example.com/mine:2", endpoint="serverless").status is Status.FOUND
    assert ask(CHECK, reference="mine:2").status is Status.UNKNOWN
