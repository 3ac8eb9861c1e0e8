from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_the_fixture():
    first = examine("sick/requirements-local-path").findings[0]
    assert first.check.id == "requirements-local-path"
    assert "certifi from /croot/certifi_1690232220950/work/certifi" in first.finding.message
    assert first.finding.log.endswith("No such file or directory: '/croot/certifi_1690232220950/work/certifi'")


def test_files_of_the_artifact_and_addresses_are_clear():
    files = {
        "code/requirements.txt": "./wheels/a-1.0-py3-none-any.whl\n/opt/ml/model/code/b-1.0-py3-none-any.whl\n"
        "c @ https://example.org/c-1.0-py3-none-any.whl\n-e git+https://github.com/x/d.git#egg=d\n",
        "code/b-1.0-py3-none-any.whl": b"",
    }
    assert ask("requirements-local-path", artifact=files, stack="pytorch").status is Status.CLEAR


def test_a_wheel_that_was_not_packed():
    files = {"code/requirements.txt": "/opt/ml/model/code/b-1.0-py3-none-any.whl\n"}
    assert ask("requirements-local-path", artifact=files, stack="pytorch").status is Status.FOUND
