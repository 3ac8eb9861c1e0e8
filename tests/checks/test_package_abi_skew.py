from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "import {}\n\ndef model_fn(model_dir):\n    return 1\n"


def asked(module, text="", **packages):
    files = {"code/inference.py": HANDLER.format(module)}
    if text:
        files["code/requirements.txt"] = text
    return ask("package-abi-skew", artifact=files, serving=packages)


def test_the_fixture():
    first = examine("sick/package-abi-skew").findings[0]
    assert first.check.id == "package-abi-skew"
    assert first.finding.message == "botocore 1.29.100 can't be imported with urllib3 2.2.3"
    assert first.finding.fix == "- urllib3==2.2.3\n+ urllib3<2"


def test_what_goes_together_is_clear():
    assert asked("flask", flask="2.2.4", werkzeug="3.0.6").status is Status.CLEAR
    assert asked("flask", flask="2.2.2", werkzeug="2.3.8").status is Status.CLEAR
    assert asked("flask", flask="2.2.2", werkzeug="").status is Status.CLEAR
    assert asked("json", flask="2.2.2", werkzeug="3.0.6").status is Status.CLEAR


def test_the_server_itself():
    packages = {"sagemaker-inference": "1.10.1", "setuptools": "82.0.0"}
    assert asked("json", **packages).status is Status.FOUND
    packages = {"sagemaker-inference": "1.10.1", "setuptools": "65.5.0"}
    assert asked("json", "setuptools==82.0.0", **packages).status is Status.CLEAR  # the server is already imported


def test_a_server_that_does_not_serve():
    packages = {"sagemaker-inference": "1.10.1", "setuptools": "82.0.0"}
    files = {"code/inference.py": HANDLER.format("sagemaker_inference")}
    assert ask("package-abi-skew", artifact=files, serving=packages, stack="byoc").status is Status.CLEAR
    (finding,) = ask("package-abi-skew", artifact=files, serving=packages, stack="pytorch").findings
    assert finding.fix.startswith("RUN pip install 'setuptools<82'")  # start-up would install it too late


def test_a_booster_beneath_scikit_learns_interface():
    (finding,) = asked("lightgbm.sklearn", lightgbm="4.5.0", **{"scikit-learn": "1.8.0"}).findings
    assert finding.message == "lightgbm 4.5.0 can't predict with scikit-learn 1.8.0"
    assert asked("lightgbm", lightgbm="4.5.0", **{"scikit-learn": "1.8.0"}).status is Status.CLEAR
    assert asked("lightgbm.sklearn", lightgbm="4.6.0", **{"scikit-learn": "1.8.0"}).status is Status.CLEAR
