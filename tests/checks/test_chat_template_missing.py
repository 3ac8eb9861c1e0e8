"""chat-template-missing: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

LLAMA = '{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'
CHAT = b'{"messages": [{"role": "user", "content": "hello"}]}'
FILES = {"config.json": LLAMA, "tokenizer.json": "{}", "tokenizer_config.json": '{"chat_template": "{{ messages }}"}'}


def test_sick():
    first = examine("sick/chat-template-missing").findings[0]
    assert first.check.id == "chat-template-missing"
    assert "chat_template" in first.finding.message


def test_a_template():
    outcome = ask("chat-template-missing", artifact=FILES, sample=CHAT)
    assert outcome.status is Status.CLEAR


def test_a_template_in_a_file():
    outcome = ask(
        "chat-template-missing",
        artifact={**FILES, "tokenizer_config.json": "{}", "chat_template.jinja": "x"},
        sample=CHAT,
    )
    assert outcome.status is Status.CLEAR


def test_no_chat():
    outcome = ask(
        "chat-template-missing", artifact={**FILES, "tokenizer_config.json": "{}"}, sample=b'{"inputs": "hello"}'
    )
    assert outcome.status is Status.CLEAR
