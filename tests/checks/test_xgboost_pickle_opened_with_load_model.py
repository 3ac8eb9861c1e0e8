"""xgboost-pickle-opened-with-load-model: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

SICK = FIXTURES / "sick/xgboost-pickle-opened-with-load-model/model"


def test_says_what_the_pickle_holds():
    first = examine("sick/xgboost-pickle-opened-with-load-model").findings[0]
    assert first.check.id == "xgboost-pickle-opened-with-load-model"
    assert "model.bin is a pickled xgboost.sklearn.XGBClassifier" in first.finding.message
    assert any(e.where == "artifact:code/inference.py:12" for e in first.finding.evidence)


def test_a_file_of_save_model_is_right():
    data = (FIXTURES / "healthy/xgboost-binary-in-1-7/model/xgboost-model").read_bytes()
    files = {"model.bin": data, "code/inference.py": (SICK / "code/inference.py").read_text()}
    assert ask("xgboost-pickle-opened-with-load-model", artifact=files).status is Status.CLEAR
