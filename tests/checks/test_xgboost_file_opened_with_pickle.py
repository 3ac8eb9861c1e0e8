"""xgboost-file-opened-with-pickle: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

SICK = FIXTURES / "sick/xgboost-file-opened-with-pickle/model"
BINARY = (SICK / "xgboost-model").read_bytes()


def test_quotes_the_call_and_its_line():
    first = examine("sick/xgboost-file-opened-with-pickle").findings[0]
    assert first.check.id == "xgboost-file-opened-with-pickle"
    assert "pickle.load can't load it" in first.finding.message
    assert first.finding.evidence[1].where == "artifact:code/inference.py:13"
    assert first.finding.likelihood is Likelihood.CERTAIN
    assert first.finding.log == "_pickle.UnpicklingError: unpickling stack underflow"


def test_joblib_fails_in_its_own_words():
    first = examine("sick/xgboost-file-opened-with-pickle--joblib").findings[0]
    assert (first.check.id, first.finding.log) == ("xgboost-file-opened-with-pickle", "KeyError: 123")


def test_another_file_is_unpickled():
    script = (SICK / "code/inference.py").read_text().replace('"xgboost-model"', '"scaler.pkl"')
    files = {"xgboost-model": BINARY, "code/inference.py": script}
    assert ask("xgboost-file-opened-with-pickle", artifact=files).status is Status.CLEAR
