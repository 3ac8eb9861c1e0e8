from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask_together, examine

CHECK = "one-script-for-all-models"
ONE = "def model_fn(model_dir):\n    return 1\n"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "north.tar.gz and south.tar.gz bring different scripts" in first.finding.message
    assert "s3://bucket/sourcedir.tar.gz" in first.finding.message


def asked(one, other, **parts):
    members = {
        f"{n}.tar.gz": {"artifact": {"code/inference.py": s} if s else {}} for n, s in (("a", one), ("b", other))
    }
    return ask_together(CHECK, members, **{"stack": "sklearn", "endpoint": "multi-model", **parts}).status


def test_scripts_that_are_one_and_stacks_that_run_each():
    other = ONE.replace("1", "2")
    assert asked(ONE, other) is Status.FOUND
    assert asked(ONE, ONE.replace("1\n", "1  \n\n")) is Status.CLEAR  # blanks aside
    assert asked(ONE, "") is Status.CLEAR
    assert asked(ONE, other, stack="pytorch") is Status.CLEAR
    assert asked(ONE, other, endpoint="realtime") is Status.CLEAR
