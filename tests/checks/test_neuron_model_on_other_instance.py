from __future__ import annotations

import json

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = {"model_type": "bert", "neuron": {"compiler_type": "neuronx-cc", "compiler_version": "2.15"}}


def status(instance, *, compiler="neuronx-cc", **files):
    config = {**CONFIG, "neuron": {"compiler_type": compiler}}
    artifact = {"config.json": json.dumps(config), "model.neuron": bytes(64), **files}
    return ask("neuron-model-on-other-instance", artifact=artifact, instance=instance).status


def test_the_fixture():
    first = examine("sick/neuron-model-on-other-instance").findings[0]
    assert first.check.id == "neuron-model-on-other-instance"
    assert "neuronx-cc" in first.finding.message and "ml.g5.xlarge" in first.finding.message


def test_its_own_chips_are_clear():
    assert status("ml.inf2.xlarge") is Status.CLEAR
    assert status("ml.trn1.2xlarge") is Status.CLEAR
    assert status("ml.inf1.xlarge") is Status.FOUND
    assert status("ml.inf1.xlarge", compiler="neuron-cc") is Status.CLEAR


def test_weights_beside_it_are_clear_and_no_instance_is_unknown():
    assert status("ml.g5.xlarge", **{"model.safetensors": b"x"}) is Status.CLEAR
    assert status("") is Status.UNKNOWN
