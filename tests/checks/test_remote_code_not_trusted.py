"""remote-code-not-trusted: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = """{"model_type": "acme_line", "auto_map": {"AutoConfig": "configuration_line.LineConfig",
"AutoModelForSequenceClassification": "modeling_line.Line"}}"""
SCRIPT = """from transformers import AutoModelForSequenceClassification, AutoTokenizer


def model_fn(model_dir):
    return AutoModelForSequenceClassification.from_pretrained(model_dir), AutoTokenizer.from_pretrained(model_dir)
"""
TRUSTING = SCRIPT.replace("(model_dir)", "(model_dir, trust_remote_code=True)")
CODE = {"configuration_line.py": "", "modeling_line.py": "", "model.safetensors": b"x", "config.json": CONFIG}
SERVING = {"transformers": "4.57.6", "torch": "2.13.0", "tokenizers": "0.22.1"}


def test_sick():
    first = examine("sick/remote-code-not-trusted").findings[0]
    assert first.check.id == "remote-code-not-trusted"
    assert "acme_line" in first.finding.message
    assert "configuration_line.LineConfig" in first.finding.message


def test_script():
    first = examine("sick/remote-code-not-trusted--script").findings[0]
    assert first.check.id == "remote-code-not-trusted"
    assert "AutoModelForSequenceClassification" in first.finding.message


def test_trusted():
    outcome = ask(
        "remote-code-not-trusted", artifact={**CODE, "code/inference.py": TRUSTING}, stack="pytorch", serving=SERVING
    )
    assert outcome.status is Status.CLEAR


def test_trusted_by_the_variable():
    outcome = ask(
        "remote-code-not-trusted",
        artifact=CODE,
        stack="huggingface",
        env={"HF_TRUST_REMOTE_CODE": "true", "HF_TASK": "fill-mask"},
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_a_type_that_transformers_has():
    outcome = ask(
        "remote-code-not-trusted",
        artifact={**CODE, "config.json": CONFIG.replace("acme_line", "falcon"), "code/inference.py": SCRIPT},
        stack="pytorch",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR
