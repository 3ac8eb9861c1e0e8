from __future__ import annotations

from doctor.environments.installed import Installed
from doctor.environments.plan import planned
from doctor.examine import ask as ask_check
from doctor.model import Status
from tests.deployments import ask, checks, deployment, examine


def asked(text, packages=None):
    files = {"code/requirements.txt": text}
    return ask(
        "requirements-conflict", artifact=files, stack="pytorch", serving=packages or {"six": "1"}, python="3.10"
    )


def test_the_fixture():
    report = examine("sick/requirements-conflict")
    assert [f.check.id for f in report.findings] == ["requirements-conflict"]
    finding = report.findings[0].finding
    assert finding.message == "code/requirements.txt asks for emoji==2.14.0 (line 1) and emoji==2.12.1 (line 3)"


def test_lines_that_agree_are_clear():
    assert asked("a==1.0\na>=0.9\nb<2\nb>1").status is Status.CLEAR
    assert asked("a==1.0; python_version < '3.9'\na==2.0; python_version >= '3.9'").status is Status.CLEAR


def test_a_pin_and_a_range_that_excludes_it():
    (finding,) = asked("a<2\na==2.1").findings
    assert "a==2.1 (line 2) and a<2 (line 1)" in finding.message


def test_a_kept_package_requires_another_version():
    requires = {"pandas": ("numpy<2,>=1.22.4; python_version < '3.11'", "pytz")}
    base = Installed(
        "serving", "venv", {"pandas": "2.1.4", "numpy": "1.26.4"}, "3.10", requires=lambda n: requires.get(n, ())
    )
    files = {"code/requirements.txt": "pandas==2.1.4\nnumpy==2.1.3\n"}
    artifact = deployment(artifact=files).part("artifact")
    serving = planned(base, artifact)
    assert [c.kind for c in serving.changes] == ["keeps", "replaces"]
    made = deployment(artifact=files, stack="pytorch")
    made._values["serving"] = serving
    check = next(c for c in checks() if c.id == "requirements-conflict")
    (finding,) = ask_check(check, made).findings
    assert finding.message == (
        "pandas 2.1.4 requires numpy<2,>=1.22.4 (line 1 of code/requirements.txt), and line 2 asks for numpy==2.1.3"
    )


def test_an_open_line_is_not_bound_to_what_is_installed():
    base = Installed(
        "serving", "venv", {"pandas": "2.1.4", "numpy": "1.26.4"}, "3.10", requires=lambda _: ("numpy<2,>=1.22.4",)
    )
    files = {"code/requirements.txt": "pandas\nnumpy==2.1.3\n"}  # pip takes a newer pandas
    made = deployment(artifact=files, stack="pytorch")
    made._values["serving"] = planned(base, made.part("artifact"))
    check = next(c for c in checks() if c.id == "requirements-conflict")
    assert ask_check(check, made).status is Status.CLEAR


def test_constraints_bind_only_what_is_asked_for():
    files = {"code/requirements.txt": "-c c.txt\nsix", "code/c.txt": "a<1\na>2\n"}
    assert ask("requirements-conflict", artifact=files, stack="pytorch", serving={"six": "1"}).status is Status.CLEAR
    files["code/requirements.txt"] = "-c c.txt\na==1.5"
    assert ask("requirements-conflict", artifact=files, stack="pytorch", serving={"six": "1"}).status is Status.FOUND


def test_ranges_that_exclude_one_another():
    (finding,) = asked("a<2\na>2.1").findings
    assert finding.message == "code/requirements.txt asks for a<2 (line 1) and a>2.1 (line 2)"
    assert asked("a~=1.4\na>=1.9\na!=1.9.3").status is Status.CLEAR


def test_through_a_dependency():
    first = examine("sick/requirements-conflict--through-a-dependency").findings[0]
    assert first.check.id == "requirements-conflict"
    assert first.finding.message == (
        "transformers 4.30.2 requires tokenizers!=0.11.3,<0.14,>=0.11.1 (line 1 of code/requirements.txt), and line 2 "
        "asks for tokenizers==0.19.1"
    )


def test_through_a_dependency_in_an_environment_whose_metadata_are_there():
    base = Installed("serving", "venv", {"six": "1.16.0"}, "3.10", requires=lambda _: ())
    made = deployment(artifact={"code/requirements.txt": "transformers==4.30.2\ntokenizers==0.19.1\n"}, stack="pytorch")
    made._values["serving"] = planned(base, made.part("artifact"))
    check = next(c for c in checks() if c.id == "requirements-conflict")
    assert ask_check(check, made).findings
