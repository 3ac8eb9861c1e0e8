from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

CHECK = "savedmodel-below-member-root"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("export/1/saved_model.pb is below export/")
    assert first.finding.fix == "tar -C export -czf model.tar.gz ."


def test_at_the_root_and_alone():
    deep = files(f"sick/{CHECK}")
    root = {path.removeprefix("export/"): data for path, data in deep.items()}
    parts = {"stack": "tensorflow-serving", "endpoint": "multi-model"}
    assert ask(CHECK, artifact=deep, **parts).status is Status.FOUND
    assert ask(CHECK, artifact=root, **parts).status is Status.CLEAR
    assert ask(CHECK, artifact=deep, stack="tensorflow-serving", endpoint="realtime").status is Status.CLEAR
    assert ask(CHECK, artifact=deep, stack="triton", endpoint="multi-model").status is Status.CLEAR
