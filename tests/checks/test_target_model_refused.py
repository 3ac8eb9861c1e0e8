from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask_together, examine

CHECK = "target-model-refused"


def test_is_told_first():
    report = examine(f"sick/{CHECK}")
    first = report.findings[0]
    assert first.check.id == CHECK
    assert "'prévision.tar.gz' has 'é'" in first.finding.message
    assert first.finding.fix == "mv 'prévision.tar.gz' 'prevision.tar.gz'"
    assert len([r for r in report.findings if r.check.id == CHECK]) == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("a b (2)~.tar.gz", Status.CLEAR),
        ("teams/eu/a.tar.gz", Status.CLEAR),
        ("x" * 1017 + ".tar.gz", Status.CLEAR),
        ("x" * 1018 + ".tar.gz", Status.FOUND),
        (" a.tar.gz", Status.FOUND),
        ("a\tb.tar.gz", Status.FOUND),
        ("模型.tar.gz", Status.FOUND),
    ],
)
def test_names(name, status):
    assert ask_together(CHECK, {name: {}, "other.tar.gz": {}}, endpoint="multi-model").status is status
    assert ask_together(CHECK, {name: {}, "other.tar.gz": {}}, endpoint="realtime").status is Status.CLEAR
