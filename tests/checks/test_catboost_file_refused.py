"""catboost-file-refused: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

MODEL = (FIXTURES / "healthy/catboost-cbm/model/model.cbm").read_bytes()


def test_a_pickle_called_cbm():
    first = examine("sick/catboost-file-refused").findings[0]
    assert first.check.id == "catboost-file-refused"
    assert "model.cbm is called a CatBoost model" in first.finding.message
    assert "Incorrect model file descriptor" in first.finding.log


def test_garbled_first_bytes():
    outcome = ask("catboost-file-refused", artifact={"model.cbm": b"XXXX" + MODEL[4:]})
    assert outcome.status is Status.FOUND
    assert "b'XXXX'" in outcome.findings[0].evidence[0].saw


def test_a_sound_one_and_one_cut_short_are_other_business():
    for data in (MODEL, MODEL[:900]):
        assert not ask("catboost-file-refused", artifact={"model.cbm": data}).findings


def test_the_handler_names_the_format():
    load = "import catboost\n\n\ndef model_fn(model_dir):\n    model = catboost.CatBoost()\n"
    load += '    model.load_model(model_dir + "/model.cbm", format="json")\n    return model\n'
    files = {"model.cbm": b'{"model_info":{"catboost_version_info":""}}', "code/inference.py": load}
    assert not ask("catboost-file-refused", artifact=files, stack="sklearn").findings
