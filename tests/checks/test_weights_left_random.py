from __future__ import annotations

import json

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import NAMES, llama, safetensors

BERT = {"model_type": "bert", "architectures": ["BertForSequenceClassification"]}
BASE = ("bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0.output.dense.weight")


def bert(*names, code=None, env=None, **changes):
    artifact = {"config.json": json.dumps({**BERT, **changes}), "model.safetensors": safetensors(*names)}
    if code:
        artifact["code/inference.py"] = f"import transformers\n\n\ndef model_fn(model_dir):\n    return {code}\n"
    return ask("weights-left-random", artifact=artifact, stack="huggingface", env=env).status


def test_the_fixtures():
    first = examine("sick/weights-left-random").findings[0]
    assert first.check.id == "weights-left-random"
    assert "no classifier" in first.finding.message
    first = examine("sick/weights-left-random--wrapped").findings[0]
    assert first.check.id == "weights-left-random"
    assert "_orig_mod." in first.finding.message


def test_with_its_head_it_is_clear():
    assert bert(*BASE, "classifier.weight") is Status.CLEAR
    assert bert(*BASE) is Status.FOUND
    assert bert(*BASE, env={"HF_TASK": "feature-extraction"}) is Status.CLEAR
    assert bert(*BASE, auto_map={"AutoConfig": "a.B"}) is Status.CLEAR
    assert bert(*BASE, architectures=["OtherForSequenceClassification"]) is Status.CLEAR


def test_the_class_that_is_loaded_decides():
    assert bert(*BASE, code="transformers.AutoModel.from_pretrained(model_dir)") is Status.CLEAR
    loaded = "transformers.AutoModelForSequenceClassification.from_pretrained(model_dir)"
    assert bert(*BASE, code=loaded) is Status.FOUND
    assert bert(*BASE, code=loaded.replace("Auto", "Bert").replace("BertModel", "Bert")) is Status.FOUND
    assert bert(*BASE, code="transformers.AutoModelForMaskedLM.from_pretrained(model_dir)") is Status.CLEAR


def test_a_language_model():
    assert ask("weights-left-random", artifact=llama(NAMES[:2]), stack="huggingface").status is Status.FOUND
    assert ask("weights-left-random", artifact=llama(), stack="huggingface").status is Status.CLEAR
