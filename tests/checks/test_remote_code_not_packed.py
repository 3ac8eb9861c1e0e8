"""remote-code-not-packed: the fixture first, near misses clear."""

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


def test_sick():
    first = examine("sick/remote-code-not-packed").findings[0]
    assert first.check.id == "remote-code-not-packed"
    assert "configuration_line.py" in first.finding.message


def test_packed():
    outcome = ask("remote-code-not-packed", artifact={**CODE, "code/inference.py": TRUSTING}, stack="pytorch")
    assert outcome.status is Status.CLEAR


def test_not_trusted_is_another_question():
    outcome = ask(
        "remote-code-not-packed",
        artifact={"config.json": CONFIG, "model.safetensors": b"x", "code/inference.py": SCRIPT},
        stack="pytorch",
    )
    assert outcome.status is Status.CLEAR
