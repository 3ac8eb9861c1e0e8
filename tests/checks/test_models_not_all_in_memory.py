from __future__ import annotations

from doctor.model import Severity, Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask_together, examine

CHECK = "models-not-all-in-memory"


def test_is_told_and_only_noted():
    report = examine(f"sick/{CHECK}")
    (only,) = report.findings
    assert only.check.id == CHECK
    assert only.check.severity is Severity.NOTE
    assert only.finding.message == (
        "the 2 models take at least 6.4 GB together, and ml.c5.large: it has 4.3 GB: "
        "not more than 1 of them are loaded at one time"
    )


def asked(*peaks, **parts):
    members = {f"{at}.tar.gz": {"load": Step("load", Ended.FINISHED, peak=p)} for at, p in enumerate(peaks)}
    return ask_together(CHECK, members, **{"endpoint": "multi-model", "instance": "ml.m5.large", **parts})


def test_measured_peaks():
    (found,) = asked(3 << 30, 3 << 30, 6 << 30).findings
    assert "the 3 models take 12.9 GB together" in found.message and "at least" not in found.message
    assert "not more than 2" in found.message
    assert asked(3 << 30, 3 << 30).status is Status.CLEAR
    assert asked(6 << 30, 6 << 30, endpoint="realtime").status is Status.CLEAR
    assert asked(6 << 30, 6 << 30, instance="").status is Status.UNKNOWN


def test_nothing_known():
    assert (
        ask_together(CHECK, {"a": {}, "b": {}}, endpoint="multi-model", instance="ml.m5.large").status is Status.CLEAR
    )
