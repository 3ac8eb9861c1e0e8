from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def asked(text, env=None, **packages):
    files = {"code/requirements.txt": text}
    return ask(
        "requirements-version-absent",
        artifact=files,
        stack="pytorch",
        serving=packages or {"six": "1"},
        python="3.10",
        env=env,
    )


def test_a_local_build():
    first = examine("sick/requirements-version-absent").findings[0]
    assert first.check.id == "requirements-version-absent"
    assert first.finding.message.startswith("torch==2.1.0+cu118 is a local build")
    assert "--extra-index-url https://download.pytorch.org/whl/cu118" in first.finding.fix


def test_a_fix_that_never_was():
    first = examine("sick/requirements-version-absent--never-released").findings[0]
    assert first.check.id == "requirements-version-absent"
    assert first.finding.message == "scipy 1.11.9 was never released; the nearest is 1.11.4"


def test_what_is_there_or_may_be_is_clear():
    assert asked("torch==2.1.0+cu118", torch="2.1.0+cu118").status is Status.CLEAR  # pip asks no index for it
    assert asked("--extra-index-url https://a/b\ntorch==2.1.0+cu118").status is Status.CLEAR
    assert asked("torch==2.1.0+cu118", env={"PIP_EXTRA_INDEX_URL": "https://a/b"}).status is Status.CLEAR
    assert asked("numpy==2.4.0").status is Status.CLEAR  # yanked, and installed where it is pinned
    assert asked("numpy==99.0\nscipy==1.99.0rc1\nacme==1.0").status is Status.CLEAR
    assert asked("torch==2.1.0+cu118; python_version < '3.8'").status is Status.CLEAR
