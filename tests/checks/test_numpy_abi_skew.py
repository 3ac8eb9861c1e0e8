from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "import {}\n\ndef model_fn(model_dir):\n    return 1\n"


def asked(module, **packages):
    return ask("numpy-abi-skew", artifact={"code/inference.py": HANDLER.format(module)}, serving=packages)


def test_the_fixture():
    first = examine("sick/numpy-abi-skew").findings[0]
    assert first.check.id == "numpy-abi-skew"
    assert first.finding.message == "pandas 2.1.4 was compiled for NumPy 1 and can't be imported with numpy 2.1.3"
    assert first.finding.fix == "- numpy==2.1.3\n+ numpy==1.26.4"


def test_what_goes_together_is_clear():
    assert asked("pandas", pandas="2.2.2", numpy="2.1.3").status is Status.CLEAR
    assert asked("pandas", pandas="2.1.4", numpy="1.26.4").status is Status.CLEAR
    assert asked("pandas", pandas="2.1.4").status is Status.CLEAR


def test_an_open_requirement_below_2_is_clear():
    files = {"code/inference.py": HANDLER.format("pandas"), "code/requirements.txt": "numpy>=1.23,<2"}
    packages = {"pandas": "2.1.4", "numpy": "1.22.0"}
    assert ask("numpy-abi-skew", artifact=files, serving=packages).status is Status.CLEAR
    files["code/requirements.txt"] = "numpy>=1.23"
    assert ask("numpy-abi-skew", artifact=files, serving=packages).status is Status.UNKNOWN


def test_what_nothing_imports_is_clear():
    assert asked("json", pandas="2.1.4", numpy="2.1.3").status is Status.CLEAR


def test_scipy_fails_beneath_scikit_learn():
    (finding,) = asked("sklearn", **{"scikit-learn": "1.4.2"}, scipy="1.11.4", numpy="2.0.2").findings
    assert finding.message.startswith("scipy 1.11.4 was compiled for NumPy 1")


def test_between_the_measured_is_unknown():
    assert asked("matplotlib", matplotlib="3.8.2", numpy="2.1.3").status is Status.UNKNOWN
