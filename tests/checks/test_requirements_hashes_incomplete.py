from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HASH = "--hash=sha256:" + "a" * 64


def asked(text, **packages):
    files = {"code/requirements.txt": text}
    given = {"artifact": files, "stack": "pytorch", "serving": packages or {"six": "1"}, "python": "3.10"}
    return ask("requirements-hashes-incomplete", **given)


def test_the_fixture():
    first = examine("sick/requirements-hashes-incomplete").findings[0]
    assert first.check.id == "requirements-hashes-incomplete"
    assert first.finding.message.startswith("regex==2024.5.15 (line 2) has no hash, and emoji (line 1) has one")


def test_all_or_none_is_clear():
    assert asked("a==1.0\nb==2.0").status is Status.CLEAR
    assert asked(f"a==1.0 {HASH}\nb==2.0 {HASH}").status is Status.CLEAR
    assert asked(f"a==1.0 \\\n    {HASH}\nb==2.0 {HASH}").status is Status.CLEAR
    assert asked(f"a==1.0 {HASH}\nsix").status is Status.CLEAR  # is there: pip fetches nothing
    assert asked(f"a==1.0 {HASH}\nb==2.0; python_version < '3'").status is Status.CLEAR
    assert asked(f"a==1.0 {HASH}\nb==2.0").status is Status.FOUND
