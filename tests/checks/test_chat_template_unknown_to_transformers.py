"""chat-template-unknown-to-transformers: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "chat-template-unknown-to-transformers"
SCRIPT = """from transformers import AutoTokenizer


def model_fn(model_dir):
    return AutoTokenizer.from_pretrained(model_dir)


def predict_fn(messages, tokenizer):
    return tokenizer.apply_chat_template(messages, tokenize=False)
"""
GUARDED = SCRIPT.replace(
    "    return tokenizer.apply_chat_template(messages, tokenize=False)",
    "    try:\n        return tokenizer.apply_chat_template(messages)\n    except AttributeError:\n        return ''",
)
CONFIG = {"config.json": '{"model_type": "llama"}', "tokenizer_config.json": '{"tokenizer_class": "LlamaTokenizer"}'}


def asked(version, script=SCRIPT):
    files = {**CONFIG, "tokenizer.json": "{}", "code/inference.py": script}
    return ask(CHECK, artifact=files, stack="pytorch", serving={"transformers": version})


def test_sick():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "4.31.0" in first.finding.message


def test_releases():
    assert asked("4.31.0").findings[0].log.startswith("AttributeError: 'LlamaTokenizerFast' object")
    assert asked("4.32.1").status is Status.UNKNOWN
    assert asked("4.34.0").status is Status.CLEAR


def test_a_handler_that_is_ready_for_it():
    assert asked("4.31.0", GUARDED).status is Status.CLEAR


def test_a_template_in_a_file_of_its_own():
    def told(version, script=SCRIPT):
        files = {**CONFIG, "tokenizer.json": "{}", "chat_template.jinja": "{{ messages }}", "code/inference.py": script}
        return ask(CHECK, artifact=files, stack="pytorch", serving={"transformers": version})

    assert "doesn't read chat_template.jinja" in told("4.45.2").findings[0].message
    assert told("4.46.3").status is Status.UNKNOWN
    assert told("4.48.3").status is Status.CLEAR
    given = SCRIPT.replace("tokenize=False", "chat_template=TEMPLATE")
    assert told("4.45.2", given).status is Status.CLEAR
