"""pickle-names-absent-module: the fixtures first, near misses clear."""

from __future__ import annotations

import pickle

import pytest

from doctor.model import Likelihood, Status
from tests.deployments import ask, examine

HANDLER = """
import os, pickle
def model_fn(model_dir):
    return pickle.load(open(os.path.join(model_dir, "model.pkl"), "rb"))
"""


def pickled(module, name="Thing"):
    return b"\x80\x02c" + module.encode() + b"\n" + name.encode() + b"\n)\x81."


def outcome_of(module, serving=None, finds=None, complete=True, **files):
    artifact = {"model.pkl": pickled(module), "code/inference.py": HANDLER, **files}
    options = {"python": "3.11", "stack": "sklearn", "finds": finds, "complete": complete}
    return ask("pickle-names-absent-module", artifact=artifact, serving=serving or {"joblib": "1.4"}, **options)


def test_sick():
    first = examine("sick/pickle-names-absent-module").findings[0]
    assert first.check.id == "pickle-names-absent-module"
    assert "model.joblib names features.LogOfPositive" in first.finding.message
    assert first.finding.log == "ModuleNotFoundError: No module named 'features'"


def test_a_package_that_is_not_installed():
    found = outcome_of("lightgbm.sklearn", finds=lambda m: not m.startswith("lightgbm")).findings[0]
    assert "lightgbm, which gives lightgbm, is not in serving.txt" in found.message
    assert found.fix == "echo lightgbm >> code/requirements.txt"
    assert found.likelihood is Likelihood.CERTAIN


def test_a_part_that_the_version_lacks():
    def finds(module):
        return module == "sklearn"

    found = outcome_of("sklearn.ensemble.forest", {"scikit-learn": "1.5.2"}, finds).findings[0]
    assert "scikit-learn 1.5.2 of serving.txt has no module sklearn.ensemble.forest" in found.message
    assert found.log == "ModuleNotFoundError: No module named 'sklearn.ensemble'"


@pytest.mark.parametrize(
    "path", ["code/features.py", "features.py", "code/features/__init__.py", "code/lib/features.py"]
)
def test_packed_with_the_model(path):
    assert outcome_of("features", finds=lambda _: False, **{path: ""}).status is Status.CLEAR


@pytest.mark.parametrize("module", ["collections", "__main__", "decimal"])
def test_the_standard_library(module):
    from doctor.modules import by_names

    assert outcome_of(module, finds=by_names({}, "3.11", complete=True)).status is Status.CLEAR


def test_nobody_knows():
    assert outcome_of("features", {"unheard-of-package": "1.0"}).status is Status.UNKNOWN
    assert outcome_of("features", complete=False).status is Status.UNKNOWN


def test_a_compiled_module_that_scikit_learn_names_without_its_package():
    def finds(module):
        return module.startswith("sklearn")

    assert outcome_of("_loss", {"scikit-learn": "1.5.2"}, finds).status is Status.CLEAR


def test_healthy():
    assert not examine("healthy/sklearn-vendored-transformer").findings
    assert pickle.HIGHEST_PROTOCOL >= 5
