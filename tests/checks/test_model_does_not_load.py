"""Tests of the check model-does-not-load."""

from __future__ import annotations

from doctor.model import Status
from doctor.trials.values import Ended, Failure, Step
from tests.deployments import ask, examine

TRACEBACK = (
    '  File "/opt/ml/model/code/inference.py", line 3, in <module>',
    "    import lightgbm",
)


def failed(line, phase="load", where="code/inference.py:3", traceback=TRACEBACK, **more):
    kind, _, message = line.partition(": ")
    return Step("load", Ended.FINISHED, failure=Failure(phase, kind, message, line, where, traceback), **more)


def found(step, **parts):
    outcome = ask("model-does-not-load", artifact=parts.pop("artifact", {"code/inference.py": "x"}), load=step, **parts)
    assert outcome.status is Status.FOUND, outcome.reasons
    return outcome.findings[0]


def test_is_first_on_its_fixture():
    first = examine("sick/model-does-not-load").findings[0]
    assert first.check.id == "model-does-not-load"
    assert "code/inference.py:9: KeyError: 'threshold'" in first.finding.message
    assert first.finding.log == "KeyError: 'threshold'"
    assert ("artifact:code/inference.py:9", 'model.threshold = bundle["threshold"]') in first.finding.evidence


def test_is_first_on_a_state_dict_of_other_sizes():
    first = examine("sick/model-does-not-load--state-dict").findings[0]
    assert first.check.id == "model-does-not-load"
    assert "size mismatch for layers.0.weight" in first.finding.message
    assert first.finding.fix.startswith("build the module with the arguments")


def test_a_missing_package_is_named_as_pip_knows_it():
    finding = found(failed("ModuleNotFoundError: No module named 'cv2'", phase="import"))
    assert finding.message.startswith("importing the handler fails at code/inference.py:3: ModuleNotFoundError")
    assert finding.fix == "echo opencv-python >> code/requirements.txt"


def test_a_module_beside_code_is_to_be_moved():
    parts = {"code/inference.py": "x", "net.py": "x"}
    finding = found(failed("ModuleNotFoundError: No module named 'net'"), artifact=parts)
    assert finding.fix == "mv net.py code/: modules are looked for in code/ only"


def test_a_file_of_another_name_is_pointed_at():
    line = "FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/model.pkl'"
    finding = found(failed(line), artifact={"code/inference.py": "x", "export/model.pkl": "x"})
    assert finding.fix == "name export/model.pkl, which is there, instead of model.pkl"


def test_else_the_line_is_quoted():
    finding = found(failed("ValueError: no"))
    assert finding.fix == "mend code/inference.py:3, which reads `import lightgbm`"


def test_what_the_stack_itself_raises_has_no_place_in_the_artifact():
    line = "ValueError: Exactly one .pth or .pt file is required for PyTorch models: []"
    finding = found(failed(line, where="", traceback=()))
    assert "the serving stack's own code" in finding.message
    assert "model.pt" in finding.fix


def test_what_loads_is_clear():
    outcome = ask("model-does-not-load", artifact={"code/inference.py": "x"}, load=Step("load", Ended.FINISHED))
    assert outcome.status is Status.CLEAR


def unknown(step, **parts):
    outcome = ask("model-does-not-load", artifact={"code/inference.py": "x"}, load=step, **parts)
    assert outcome.status is Status.UNKNOWN
    return outcome.reasons[0]


def test_a_file_loaded_without_knowing_how_the_server_does_proves_nothing():
    assert "isn't known" in unknown(failed("AttributeError: no", phase="load-file", where=""))


def test_what_asks_for_a_network_proves_nothing_but_where_there_is_none():
    step = failed("OSError: We couldn't connect", tried=("asked for the address of huggingface.co",))
    assert "network" in unknown(step)
    assert "couldn't connect" in found(step, network_isolation=True).message


def test_a_missing_module_is_one_whatever_was_tried():
    line = "ModuleNotFoundError: No module named 'cv2'"
    assert found(failed(line, tried=("asked for the address of huggingface.co",)))


def test_a_variable_that_the_user_may_set_proves_nothing():
    traceback = ('  File "/opt/ml/model/code/inference.py", line 3, in <module>', '    BUCKET = os.environ["BUCKET"]')
    assert "--env" in unknown(failed("KeyError: 'BUCKET'", traceback=traceback))


def test_fewer_rights_than_the_platform_gives_prove_nothing():
    assert "root" in unknown(failed("PermissionError: [Errno 13] Permission denied: '/opt/ml/model/model.pkl'"))


def test_a_path_made_of_a_variable_that_isnt_set_proves_nothing():
    tried = ("looked for the environment variable MODEL_NAME, which isn't set",)
    line = "TypeError: join() argument must be str, bytes, or os.PathLike object, not 'NoneType'"
    assert "MODEL_NAME" in unknown(failed(line, tried=tried))
    assert found(failed("ValueError: no", tried=tried))


def test_an_image_may_have_a_handler_of_its_own():
    said = (
        "Please provide a model_fn implementation. See documentation for model_fn at https://sagemaker.readthedocs.io/"
    )
    step = failed(f"NotImplementedError: {said}", where="", traceback=())
    outcome = ask("model-does-not-load", artifact={"model.joblib": "x"}, load=step)
    assert outcome.status is Status.UNKNOWN
    assert found(step).fix == "write model_fn(model_dir) in code/inference.py"
