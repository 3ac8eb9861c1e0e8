"""keras-weights-loaded-as-model: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

SICK = FIXTURES / "sick/keras-weights-loaded-as-model/model"


def test_counts_the_arrays():
    first = examine("sick/keras-weights-loaded-as-model").findings[0]
    assert first.check.id == "keras-weights-loaded-as-model"
    assert "weights alone (4 arrays" in first.finding.message


def test_load_weights_is_right():
    script = (SICK / "code/inference.py").read_text().replace("models.load_model(", "Sequential().load_weights(")
    files = {"model.h5": (SICK / "model.h5").read_bytes(), "code/inference.py": script}
    serving = {"tensorflow": "2.15.1"}
    assert ask("keras-weights-loaded-as-model", artifact=files, serving=serving).status is Status.CLEAR
