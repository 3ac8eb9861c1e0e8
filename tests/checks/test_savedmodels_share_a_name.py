from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

CHECK = "savedmodels-share-a-name"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "detect/export and segment/export are both named 'export'" in first.finding.message


def test_names_of_their_own():
    model = files(f"sick/{CHECK}")
    parts = {"stack": "tensorflow-serving", "endpoint": "realtime"}
    renamed = {path.replace("segment/export", "segment"): data for path, data in model.items()}
    versions = {path.replace("segment/export/1", "detect/export/2"): data for path, data in model.items()}
    at_the_root = {
        path.replace("detect/export", "model").replace("segment/export/", ""): d for path, d in model.items()
    }
    assert ask(CHECK, artifact=model, **parts).status is Status.FOUND
    assert ask(CHECK, artifact=at_the_root, **parts).status is Status.FOUND  # the root is /opt/ml/model
    assert ask(CHECK, artifact=renamed, **parts).status is Status.CLEAR
    assert ask(CHECK, artifact=versions, **parts).status is Status.CLEAR
    assert ask(CHECK, artifact=model, stack="pytorch").status is Status.CLEAR
