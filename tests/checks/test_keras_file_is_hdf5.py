"""keras-file-is-hdf5: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

MODEL = (FIXTURES / "sick/keras-file-is-hdf5/model/model.keras").read_bytes()


def test_says_what_it_holds():
    first = examine("sick/keras-file-is-hdf5").findings[0]
    assert first.check.id == "keras-file-is-hdf5"
    assert "model.keras holds HDF5 (Keras 2.12.0 wrote it)" in first.finding.message
    assert first.finding.fix.startswith("mv model.keras model.h5")


def test_keras_2_reads_it_under_any_name():
    outcome = ask("keras-file-is-hdf5", artifact={"m.keras": MODEL}, serving={"tensorflow": "2.15.0"})
    assert outcome.status is Status.CLEAR


def test_under_its_right_name():
    outcome = ask("keras-file-is-hdf5", artifact={"m.h5": MODEL}, serving={"keras": "3.15.1"})
    assert outcome.status is Status.CLEAR
