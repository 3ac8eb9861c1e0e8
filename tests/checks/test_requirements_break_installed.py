from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_the_fixture():
    first = examine("sick/requirements-break-installed").findings[0]
    assert first.check.id == "requirements-break-installed"
    assert first.finding.message == (
        "start-up installs urllib3 2.2.3 in place of 1.26.18, and botocore 1.29.100 requires urllib3<1.27,>=1.25.4"
    )


def test_what_nothing_rules_out_is_clear():
    files = {"code/requirements.txt": "urllib3==2.2.3\n"}
    outcome = ask(
        "requirements-break-installed", artifact=files, serving={"urllib3": "1.26.18", "botocore": "1.29.100"}
    )
    assert outcome.status is Status.CLEAR  # a list of names doesn't say what botocore requires


def test_the_fix_names_the_range():
    finding = examine("sick/requirements-break-installed").findings[0].finding
    assert finding.fix == "pin what both allow in code/requirements.txt: urllib3<1.27,>=1.25.4"
