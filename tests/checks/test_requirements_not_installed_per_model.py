from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "requirements-not-installed-per-model"
SCRIPT = "import unidecode\n\n\ndef model_fn(model_dir):\n    return unidecode\n"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "code/inference.py:4 imports unidecode" in first.finding.message
    assert first.finding.log == "ModuleNotFoundError: No module named 'unidecode'"


def asked(script=SCRIPT, requirements="Unidecode==1.3.8\n", serving=None, packed=None, **parts):
    given = {"stack": "pytorch", "endpoint": "multi-model", "python": "3.11", **parts}
    artifact = {"code/inference.py": script, "code/requirements.txt": requirements, **(packed or {})}
    return ask(CHECK, artifact=artifact, serving={"torch": "2.13.0"} if serving is None else serving, **given).status


def test_what_is_there_or_not_needed():
    assert asked() is Status.FOUND
    assert asked(serving={"torch": "2.13.0", "unidecode": "1.3.8"}) is Status.CLEAR
    assert asked(script="def model_fn(model_dir):\n    return 1\n") is Status.CLEAR
    assert asked(
        script=SCRIPT.replace("import unidecode", "try:\n    import unidecode\nexcept ImportError:\n    pass")
    ) is (Status.CLEAR)
    assert asked(script="import os\nos.system('pip install unidecode')\n" + SCRIPT) is Status.CLEAR
    assert asked(packed={"code/unidecode/__init__.py": ""}) is Status.CLEAR
    assert asked(packed={"code/unidecode.cpython-311-x86_64-linux-gnu.so": b""}) is Status.CLEAR
    assert asked(endpoint="realtime") is Status.CLEAR
    assert asked(stack="multi-model-server") is Status.FOUND
    assert asked(stack="sklearn") is Status.CLEAR
    assert asked(complete=False) is Status.UNKNOWN
