"""Check: the sample is a chat, and the tokenizer has no template for chats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.formats.kinds.huggingface import Pretrained
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.models import Models


@check(
    title="The tokenizer has no chat template",
    fault="chat-template",
    severity=Severity.NOTE,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/vllm-project/vllm/issues/18140",
    symptoms=(
        r"default chat template is no longer allowed",
        r"Cannot use chat template functions because tokenizer\.chat_template is not set",
    ),
)
def chat_template_missing(models: Models, sample: bytes) -> Iterator[Finding]:
    """
    A request with "messages" is turned into text by the tokenizer's chat template.

    Base models have none, and fine-tuning may lose it. The endpoint is healthy, and every chat request fails, unless
    the handler or the server has a template of its own. Copy chat_template.jinja from the base model, or set
    ``tokenizer.chat_template`` before saving.
    """
    if not _is_chat(sample):
        return
    for _, facts in models.of(Pretrained):
        writes = any(a.endswith("ForCausalLM") for a in facts.architectures)
        if writes and facts.tokenizer.files and not facts.tokenizer.chat_template:
            path = facts.path("tokenizer_config.json")
            yield Finding(
                message=f'the sample holds "messages", and {path} has no chat_template to turn them into text',
                evidence=(Evidence(f"artifact:{path}", 'no "chat_template", no chat_template.jinja'),),
                fix="tokenizer.chat_template = base_tokenizer.chat_template; tokenizer.save_pretrained(folder)",
                log="ValueError: Cannot use chat template functions because tokenizer.chat_template is not set and no "
                "template argument was passed!",
            )


def _is_chat(sample: bytes) -> bool:
    try:
        request: Any = json.loads(sample)
    except (ValueError, RecursionError):
        return False
    return isinstance(request, dict) and isinstance(request.get("messages"), list)
