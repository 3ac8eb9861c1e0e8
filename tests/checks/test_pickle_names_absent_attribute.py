from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = """
import os, pickle
def model_fn(model_dir):
    return pickle.load(open(os.path.join(model_dir, "model.pkl"), "rb"))
"""


def outcome_of(module, name, serving):
    pickled = b"\x80\x02c" + module.encode() + b"\n" + name.encode() + b"\n."
    artifact = {"model.pkl": pickled, "code/inference.py": HANDLER}
    return ask("pickle-names-absent-attribute", artifact=artifact, serving=serving, python="3.11", stack="sklearn")


def test_the_fixture():
    first = examine("sick/pickle-names-absent-attribute").findings[0]
    assert first.check.id == "pickle-names-absent-attribute"
    assert "names sklearn.metrics._plot.roc_curve.plot_roc_curve" in first.finding.message
    assert first.finding.log.startswith("AttributeError: Can't get attribute 'plot_roc_curve' on <module")


def test_near_misses():
    there = {"scikit-learn": "1.0.2"}
    assert outcome_of("sklearn.metrics._plot.roc_curve", "plot_roc_curve", there).status is Status.CLEAR
    newer = {"scikit-learn": "1.5.2"}
    assert outcome_of("sklearn.metrics._plot.roc_curve", "RocCurveDisplay", newer).status is Status.CLEAR
    assert outcome_of("__main__", "plot_roc_curve", newer).status is Status.CLEAR
    assert outcome_of("sklearn.cluster.k_means_", "KMeans", newer).status is Status.CLEAR  # of another check
