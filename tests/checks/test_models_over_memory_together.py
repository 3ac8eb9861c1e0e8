from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask_together, examine

CHECK = "models-over-memory-together"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message == "2 models take 6.4 GB together, and ml.c5.large has 4.3 GB of memory"


def asked(*peaks, **parts):
    members = {f"{at}.tar.gz": {"load": Step("load", Ended.FINISHED, peak=p)} for at, p in enumerate(peaks)}
    return ask_together(CHECK, members, **{"endpoint": "realtime", "instance": "ml.m5.large", **parts})


def test_near_misses():
    assert asked(6 << 30, 6 << 30).status is Status.FOUND
    assert asked(3 << 30, 3 << 30).status is Status.CLEAR
    assert asked(9 << 30).status is Status.CLEAR  # that one is too large alone is told of it alone
    assert asked(6 << 30, 6 << 30, endpoint="multi-model").status is Status.CLEAR
    assert asked(6 << 30, 6 << 30, endpoint="").status is Status.UNKNOWN
