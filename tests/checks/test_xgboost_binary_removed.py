"""xgboost-binary-removed: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask, examine

BINARY = (FIXTURES / "sick/xgboost-binary-removed/model/xgboost-model").read_bytes()


def test_quotes_the_file_its_writer_and_the_reader():
    first = examine("sick/xgboost-binary-removed").findings[0]
    assert first.check.id == "xgboost-binary-removed"
    assert "xgboost-model" in first.finding.message
    assert "XGBoost 1.7" in first.finding.message
    assert "xgboost 3.2.0" in first.finding.message
    assert first.finding.likelihood is Likelihood.CERTAIN


def test_without_a_script_the_container_reads_it():
    first = examine("sick/xgboost-binary-removed--algorithm-mode").findings[0]
    assert (first.check.id, first.finding.likelihood) == ("xgboost-binary-removed", Likelihood.LIKELY)


def test_3_0_still_reads_it():
    outcome = ask("xgboost-binary-removed", artifact={"xgboost-model": BINARY}, serving={"xgboost": "3.0.5"})
    assert outcome.status is Status.CLEAR


def test_the_processor_only_distribution_counts():
    outcome = ask("xgboost-binary-removed", artifact={"xgboost-model": BINARY}, serving={"xgboost-cpu": "3.1.0"})
    assert outcome.findings[0].evidence[1].where == "serving:pkg/xgboost-cpu"


def test_a_handler_that_loads_another_file_leaves_it_alone():
    script = 'import xgboost\n\ndef model_fn(d):\n    return xgboost.Booster(model_file="/opt/ml/model/m.json")\n'
    files = {"old": BINARY, "code/inference.py": script}
    assert ask("xgboost-binary-removed", artifact=files, serving={"xgboost": "3.2.0"}).status is Status.CLEAR
