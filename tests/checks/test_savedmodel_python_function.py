from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_py_function_and_numpy_function():
    for name, operator in (("", "EagerPyFunc"), ("--in-the-server", "PyFunc")):
        first = examine(f"sick/savedmodel-python-function{name}").findings[0]
        assert first.check.id == "savedmodel-python-function"
        assert f"calls Python through {operator} in __inference_serve_" in first.finding.message


def test_a_graph_of_tensorflow_alone():
    assert ask("savedmodel-python-function", artifact=files("healthy/savedmodel-at-1")).status is Status.CLEAR


def test_one_that_nothing_loads():
    model = files("sick/savedmodel-python-function")
    model["code/inference.py"] = b"def model_fn(model_dir):\n    return None\n"
    assert ask("savedmodel-python-function", artifact=model).status is Status.CLEAR
