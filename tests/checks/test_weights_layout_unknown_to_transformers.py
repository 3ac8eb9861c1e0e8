from __future__ import annotations

import json

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = '{"model_type": "t5", "architectures": ["T5ForConditionalGeneration"]}'
INDEX = json.dumps({"weight_map": {"a": "pytorch_model-00001-of-00001.bin"}})
SHARDED = {"pytorch_model.bin.index.json": INDEX, "pytorch_model-00001-of-00001.bin": b"x"}


def status(files, transformers, **serving):
    artifact = {"config.json": CONFIG, **files}
    given = {"stack": "huggingface", "serving": {"transformers": transformers, **serving}}
    return ask("weights-layout-unknown-to-transformers", artifact=artifact, **given).status


def test_the_fixtures():
    first = examine("sick/weights-layout-unknown-to-transformers").findings[0]
    assert first.check.id == "weights-layout-unknown-to-transformers"
    assert "4.17.0" in first.finding.message and "4.18.0" in first.finding.fix
    first = examine("sick/weights-layout-unknown-to-transformers--safetensors").findings[0]
    assert first.check.id == "weights-layout-unknown-to-transformers"
    assert "model.safetensors" in first.finding.message


def test_several_files_since_4_18():
    assert status(SHARDED, "4.18.0") is Status.CLEAR
    assert status(SHARDED, "4.17.0") is Status.FOUND
    assert status({**SHARDED, "pytorch_model.bin": b"x"}, "4.17.0") is Status.CLEAR


def test_safetensors_since_4_23_with_the_package():
    files = {"model.safetensors": b"x"}
    assert status(files, "4.22.2", safetensors="0.3.1") is Status.FOUND
    assert status(files, "4.23.0", safetensors="0.3.1") is Status.UNKNOWN
    assert status(files, "4.26.1", safetensors="0.3.1") is Status.CLEAR
    assert status(files, "4.26.1") is Status.FOUND
    assert status(files, "4.57.6") is Status.CLEAR
    assert status({**files, "pytorch_model.bin": b"x"}, "4.17.0") is Status.CLEAR
