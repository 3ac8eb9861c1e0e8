from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "environment-refused"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "my.threshold" in first.finding.message


def test_long_values_and_too_many():
    assert "1,025 bytes" in ask(CHECK, env={"A": "x" * 1025}).findings[0].message
    assert ask(CHECK, env={"A": "x" * 1024, "_b9": ""}).status is Status.CLEAR
    assert "101 variables" in ask(CHECK, env={f"A{i}": "" for i in range(101)}).findings[0].message
    assert ask(CHECK, env={"9A": ""}).status is Status.FOUND
