"""keras-3-file-in-keras-2: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

MODEL = (FIXTURES / "sick/keras-3-file-in-keras-2/model/model.keras").read_bytes()


def test_names_both_versions():
    first = examine("sick/keras-3-file-in-keras-2").findings[0]
    assert first.check.id == "keras-3-file-in-keras-2"
    assert "saved by Keras 3.15.1, and Keras 2.15 (tensorflow 2.15.1)" in first.finding.message


def test_without_code_it_is_likely():
    outcome = ask("keras-3-file-in-keras-2", artifact={"model.keras": MODEL}, serving={"tensorflow": "2.12.0"})
    assert outcome.findings[0].likelihood is Likelihood.LIKELY


def test_keras_3_reads_it():
    outcome = ask("keras-3-file-in-keras-2", artifact={"model.keras": MODEL}, serving={"keras": "3.15.1"})
    assert outcome.status is Status.CLEAR
