from __future__ import annotations

from doctor.model import Likelihood, Status
from tests.deployments import FIXTURES, ask_together, examine
from tests.fixture_files import files

CHECK = "no-version-serves-all"
MODELS = FIXTURES / "sick" / CHECK / "models"


def of(name):
    home = MODELS / name
    return {p.relative_to(home).as_posix(): p.read_bytes() for p in home.rglob("*") if p.is_file()}


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith(
        "no release of scikit-learn serves both price.tar.gz (written by 1.3.2) and risk.tar.gz (written by 1.9.1)"
    )
    assert "train price.tar.gz again" in first.finding.fix
    assert first.finding.log == "ModuleNotFoundError: No module named 'sklearn.ensemble._gb_losses'"
    assert first.finding.likelihood >= Likelihood.LIKELY


def test_versions_that_differ_and_serve_both():
    both = {"price.tar.gz": {"artifact": of("price")}, "risk.tar.gz": {"artifact": of("risk")}}
    assert ask_together(CHECK, both).status is Status.FOUND
    linear = files("healthy/sklearn-1-2-linear-in-1-5")  # loads in every release
    assert ask_together(CHECK, {"line.tar.gz": {"artifact": linear}, "risk.tar.gz": both["risk.tar.gz"]}).status is (
        Status.CLEAR
    )
    same = {"a.tar.gz": both["price.tar.gz"], "b.tar.gz": both["price.tar.gz"]}
    assert ask_together(CHECK, same).status is Status.CLEAR


def test_of_three_the_two_that_are_apart_are_named():
    three = {
        "line.tar.gz": {"artifact": files("healthy/sklearn-1-2-linear-in-1-5")},
        "price.tar.gz": {"artifact": of("price")},
        "risk.tar.gz": {"artifact": of("risk")},
    }
    (found,) = ask_together(CHECK, three).findings
    assert "price.tar.gz" in found.message and "risk.tar.gz" in found.message and "line" not in found.message


def test_a_model_of_keras_2_beside_one_of_keras_3():
    script = b"""import os

import keras


def model_fn(model_dir):
    return keras.models.load_model(os.path.join(model_dir, '%s'))
"""

    def member(fixture, stem):
        model = {p: d for p, d in files(fixture).items() if p.endswith((".keras", ".h5"))}
        (path,) = model
        return {"artifact": {path: model[path], "code/inference.py": script % path.encode()}}

    apart = {
        "old.tar.gz": member("sick/keras-2-file-in-keras-3", "old"),
        "new.tar.gz": member("sick/keras-3-file-in-keras-2", "new"),
    }
    (found,) = ask_together(CHECK, apart).findings
    assert "no release of keras serves both" in found.message
