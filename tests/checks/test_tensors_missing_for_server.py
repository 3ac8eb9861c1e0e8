from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import NAMES, llama


def status(names, stack="vllm", **changes):
    return ask("tensors-missing-for-server", artifact=llama(names, **changes), stack=stack).status


def test_the_fixtures():
    first = examine("sick/tensors-missing-for-server").findings[0]
    assert first.check.id == "tensors-missing-for-server"
    assert "lm_head.weight" in first.finding.message
    first = examine("sick/tensors-missing-for-server--wrapped").findings[0]
    assert first.check.id == "tensors-missing-for-server"
    assert "base_model.model." in first.finding.message


def test_whole_or_tied_is_clear():
    assert status(NAMES) is Status.CLEAR
    assert status(NAMES[:2]) is Status.FOUND
    assert status(NAMES[:2], tie_word_embeddings=True) is Status.CLEAR
    assert status(NAMES[:2], tie_word_embeddings=None) is Status.CLEAR
    assert status(NAMES[:2], "tei") is Status.CLEAR
    assert status(NAMES[:2], architectures=["OtherForCausalLM"]) is Status.CLEAR


def test_a_shard_that_is_absent_is_anothers_business():
    artifact = {**llama(NAMES[:2]), "model-00001-of-00002.safetensors": llama(NAMES[:2])["model.safetensors"]}
    assert ask("tensors-missing-for-server", artifact=artifact, stack="vllm").status is Status.CLEAR
