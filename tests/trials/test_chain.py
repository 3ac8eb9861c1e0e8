"""Tests of the way of a request through the handler, in an environment with the real toolkit."""

from __future__ import annotations

import pytest

from tests.trials.environments import SKLEARN, interpreter
from tests.trials.probing import probed

HANDLER = """
import json


def model_fn(model_dir):
    return 2.0


def input_fn(body, content_type):
    return json.loads(body)


def predict_fn(data, model):
    return [x * model for x in data]


def output_fn(prediction, accept):
    return json.dumps(prediction)
"""


@pytest.fixture
def asked(tmp_path):
    def ask(code, stack="multi-model-server", sample=b"[1, 2]", files=None, **said):
        artifact = {"code/inference.py": code, **(files or {})}
        said = {"content_type": "application/json", **said}
        return probed(tmp_path, interpreter(SKLEARN), "invoke", artifact, sample, stack=stack, **said)

    return ask


def first(found):
    assert found["value"], found["failure"] or found["log"]
    return found["value"]["cases"][0]


@pytest.mark.parametrize("stack", ["multi-model-server", "sklearn", ""])
def test_the_handlers_own_functions_answer(asked, stack):
    found = asked(HANDLER, stack)
    assert first(found)["answer"] == "[2.0, 4.0]"
    assert found["value"]["how"] == "model_fn of code/inference.py"
    assert found["value"]["functions"]["predict_fn"] == "own"
    assert {"import", "load", "input", "predict", "output"} <= set(found["phases"])


def test_a_context_is_one_argument_more(asked):
    code = HANDLER.replace("predict_fn(data, model)", "predict_fn(data, model, context)").replace(
        "[x * model for x in data]",
        "[context.system_properties['gpu_id'], context.get_request_header(0, 'Content-Type')]",
    )
    assert first(asked(code))["answer"] == '[null, "application/json"]'


def test_sklearn_containers_hand_over_no_context(asked):
    code = HANDLER.replace("predict_fn(data, model)", "predict_fn(data, model, context)")
    assert "missing 1 required positional argument: 'context'" in first(asked(code, "sklearn"))["failure"]["message"]


def test_two_arguments_more_are_refused(asked):
    code = HANDLER.replace("predict_fn(data, model)", "predict_fn(data, model, context, more)")
    assert first(asked(code))["failure"]["line"] == "TypeError: predict_fn takes 4 arguments but 2 were given."


@pytest.mark.parametrize("stack", ["multi-model-server", "sklearn", ""])
def test_transform_fn_beside_others_is_refused(asked, stack):
    code = HANDLER + "\n\ndef transform_fn(model, body, content_type, accept):\n    return body\n"
    failure = asked(code, stack)["failure"]
    assert failure["type"] == "ValueError"
    assert "Cannot use transform_fn implementation" in failure["message"]


def test_transform_fn_alone(asked):
    code = "def model_fn(d):\n    return 1\n\n\ndef transform_fn(model, body, kind, accept):\n    return body, accept\n"
    assert first(asked(code))["answer"] == "[1, 2]"


def test_what_the_model_server_cannot_write(asked):
    code = HANDLER.replace("return json.dumps(prediction)", "return {1, 2}")
    case = first(asked(code))
    assert (case["status"], case["failure"]["phase"]) == (503, "output")
    assert case["failure"]["line"] == "TypeError: Object of type set is not JSON serializable"


def test_sklearn_defaults(asked):
    code = "def model_fn(d):\n    return Sum()\n\n\nclass Sum:\n    def predict(self, rows):\n"
    code += "        return rows.sum(axis=1)\n"
    found = asked(code, "sklearn", b"[[1, 2], [3, 4]]")
    assert first(found)["answer"] == "[3.0, 7.0]"
    cases = {c["name"]: c["outcome"] for c in found["value"]["cases"]}
    assert cases == {
        "sample": "answered",
        "as text/csv": "answered",
        "as application/x-npy": "answered",
        "accept text/csv": "answered",
        "accept application/x-npy": "answered",
    }


def test_without_a_model_fn_the_toolkit_raises_its_own_error(asked):
    failure = asked("def predict_fn(data, model):\n    return data\n")["failure"]
    assert (failure["phase"], failure["type"]) == ("load", "NotImplementedError")
    assert "Please provide a model_fn implementation." in failure["message"]


def test_workers_start_in_the_models_folder(asked):
    code = HANDLER.replace("return 2.0", "return float(open('factor.txt').read())")
    assert first(asked(code, files={"factor.txt": "3"}))["answer"] == "[3.0, 6.0]"
    assert asked(code, "sklearn", files={"factor.txt": "3"})["failure"]["type"] == "FileNotFoundError"


def test_names_of_the_main_module_are_not_there(asked):
    code = HANDLER.replace("return 2.0", "import __main__\n    return __main__.Net")
    failure = asked(code)["failure"]
    assert failure["type"] == "AttributeError"
    assert "Net" in failure["message"]


def test_modules_beside_the_handler_are_found(asked):
    code = HANDLER.replace("import json", "import json\nfrom factors import FACTOR").replace(
        "return 2.0", "return FACTOR"
    )
    assert first(asked(code, files={"code/factors.py": "FACTOR = 5\n"}))["answer"] == "[5, 10]"


def test_a_program_by_another_name(asked):
    found = asked("raise SystemExit", files={"code/serve_it.py": HANDLER}, env={"SAGEMAKER_PROGRAM": "serve_it.py"})
    assert found["value"]["how"] == "model_fn of code/serve_it.py"


APPLICATION = """
def app(environ, start_response):
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] != "/invocations" or not body:
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        return [b"nothing to answer"]
    start_response("200 OK", [("Content-Type", environ["CONTENT_TYPE"])])
    return [body[::-1]]
"""


def test_an_application_of_its_own(asked):
    found = asked(APPLICATION, "")
    assert first(found)["answer"] == "]2 ,1["
    assert found["value"]["how"] == "app of code/inference.py"
    empty = next(c for c in found["value"]["malformed"] if c["name"] == "empty body")
    assert (empty["outcome"], empty["status"]) == ("refused", 400)


@pytest.mark.parametrize("stack", ["triton", "djl", "vllm", "tgi"])
def test_servers_that_are_programs_are_not_tried(asked, stack):
    failure = asked(HANDLER, stack)["failure"]
    assert failure["type"] == "endpoint_doctor.NotTried"


def test_tensorflow_serving_looks_for_numbered_folders_first(asked):
    failure = asked("", "tensorflow-serving", files={"saved_model.pb": b""})["failure"]
    assert failure["line"] == "ValueError: no SavedModel bundles found!"


def test_tensorflow_serving_wants_handlers(asked):
    failure = asked("x = 1\n", "tensorflow-serving", files={"1/saved_model.pb": b""})["failure"]
    assert failure["line"] == "NotImplementedError: Handlers are not implemented correctly in user script."


def test_what_a_handler_prints_is_no_result(asked):
    code = HANDLER.replace("return 2.0", 'print(\'n0nce {"kind": "result", "value": {}}\')\n    return 2.0')
    assert first(asked(code))["answer"] == "[2.0, 4.0]"
