from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def asked(text, stack="pytorch"):
    return ask("requirements-malformed", artifact={"code/requirements.txt": text}, stack=stack)


def test_the_fixture():
    first = examine("sick/requirements-malformed").findings[0]
    assert first.check.id == "requirements-malformed"
    assert "line 1 of code/requirements.txt, 'emoji=2.14.0', is no requirement" in first.finding.message
    assert first.finding.fix == "- emoji=2.14.0\n+ emoji==2.14.0"
    assert first.finding.log.startswith("ERROR: Invalid requirement: 'emoji=2.14.0'")


def test_an_included_file_that_is_absent():
    first = examine("sick/requirements-malformed--include-absent").findings[0]
    assert first.check.id == "requirements-malformed"
    assert "'-r base.txt', includes a file that is not in the artifact" in first.finding.message


def test_everything_that_pip_takes_is_clear():
    text = """
# comment
--extra-index-url https://example.org/simple
numpy>=1.2,<2 ; python_version < "3.13"
requests[socks]==2.31.0 --hash=sha256:aaaa \\
    --hash=sha256:bbbb
torch @ https://example.org/torch-2.0.0-cp310-cp310-linux_x86_64.whl
git+https://github.com/x/y.git@main#egg=y
-e git+https://github.com/x/z.git#egg=z
foo == 1.*
${EXTRA_PACKAGE}==1.0
"""
    assert asked(text).status is Status.CLEAR
    assert asked(text.encode("utf-16")).status is Status.CLEAR


def test_bytes_that_are_no_text():
    (finding,) = asked("numpy==1\n".encode("utf-16-le")).findings
    assert "not UTF-8" in finding.message


def test_a_stack_that_installs_nothing_is_clear():
    assert asked("emoji=2", stack="triton").status is Status.CLEAR
    assert asked("emoji=2", stack="").status is Status.UNKNOWN
