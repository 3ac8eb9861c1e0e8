from __future__ import annotations

from doctor.model import Severity, Status
from tests.deployments import ask_together, examine

CHECK = "models-pin-different-versions"


def test_is_told_and_only_noted():
    report = examine(f"sick/{CHECK}")
    first = report.findings[0]
    assert first.check.id == CHECK
    assert "north.tar.gz asks for pandas==1.5.3 and south.tar.gz for pandas==2.2.3" in first.finding.message
    assert first.check.severity is Severity.NOTE


def asked(one, other):
    members = {
        f"{name}.tar.gz": {"artifact": {"code/requirements.txt": text}} for name, text in (("a", one), ("b", other))
    }
    return ask_together(CHECK, members, stack="pytorch")


def test_pins_that_go_together():
    assert asked("torch==1.13.1\n", "torch==2.5.1\n").status is Status.FOUND
    assert asked("pandas<2\n", "pandas>=2.1\n").status is Status.FOUND
    assert asked("pandas>=1.5\n", "pandas==2.2.3\n").status is Status.CLEAR
    assert asked("pandas\n", "pandas==2.2.3\n").status is Status.CLEAR
    assert asked("pandas==2.2.3\n", "numpy==2.2.3\n").status is Status.CLEAR
