"""Check: a handler applies a chat template, and the serving transformers can't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import folder_of, loads

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Call, Handler
    from doctor.models import Models
    from doctor.target import Target

_FILE = "chat_template.jinja"
_CLASS_OF_MODEL = ("4.6.", "4.7.", "4.8.")  # takes the tokenizer's class from the model's type


@check(
    title="The serving transformers can't apply the chat template",
    fault="newer-than-image-library",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://huggingface.co/docs/transformers/main/en/chat_templating",
    symptoms=(
        r"'\w+' object has no attribute 'apply_chat_template'",
        r"Cannot use chat template functions because tokenizer\.chat_template is not set",
    ),
)
def chat_template_unknown_to_transformers(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    A tokenizer has ``apply_chat_template`` since transformers 4.34.

    With an older release the model loads, and the first chat fails. Since 4.57 ``save_pretrained`` writes the template
    into chat_template.jinja, which 4.45 doesn't read; 4.42 takes one of its own instead, without a word. Raise
    transformers in code/requirements.txt, or write the text for the model in the handler.
    """
    called = handler.calls("*.apply_chat_template")
    call = next((c for c in called if c.hooks and c.certain and not c.caught), None)
    made = [t for t in loads(handler, stack, target.variables) if t.loader == "AutoTokenizer"]
    found = folder_of(models, made[0].folder) if call is not None and len(made) == 1 else None
    version = serving.version("transformers") if found is not None else None
    if call is None or found is None or version is None:
        return
    row = load("chat_templates")
    if version.release <= _release(row["before"]):
        yield _finding(found[1], call, handler, serving, row["since"])
    elif version.release < _release(row["since"]):
        yield Unknown(f"whether transformers {version} has apply_chat_template was not measured")
    elif found[1].tokenizer.template_apart and call.argument(-1, "chat_template") is None and not call.hides_arguments:
        yield from _apart(found[1], call, handler, serving)


def _apart(model: Pretrained, call: Call, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """Ask whether the release reads a template that stands in a file of its own."""
    row, version, path = load("chat_templates")["apart"], serving.version("transformers"), model.path(_FILE)
    if version is None or not _release(row["own"]) < version.release < _release(row["reads"]):
        return
    if version.release != _release(row["refuses"]):
        yield Unknown(f"whether transformers {version} reads {_FILE} was not measured")
        return
    yield Finding(
        message=f"transformers {version} doesn't read {path}, and the handler applies the template in it",
        evidence=(
            Evidence(f"artifact:{path}", 'no "chat_template" in tokenizer_config.json'),
            handler.seen(call.path, call.line),
            serving.evidence("transformers"),
        ),
        fix=f"echo 'transformers>={row['reads']}' >> code/requirements.txt",
        log="ValueError: Cannot use chat template functions because tokenizer.chat_template is not set and no template "
        "argument was passed!",
        cause="serving:pkg/transformers",
    )


def _finding(model: Pretrained, call: Call, handler: Handler, serving: Environment, since: str) -> Finding:
    name = f"AttributeError: '{(model.tokenizer.name or 'PreTrainedTokenizer').removesuffix('Fast')}Fast' object"
    if serving.packages["transformers"].startswith(_CLASS_OF_MODEL):
        name = "object"
    return Finding(
        message=f"transformers {serving.packages['transformers']} has no apply_chat_template, which the handler calls",
        evidence=(handler.seen(call.path, call.line), serving.evidence("transformers")),
        fix=f"echo 'transformers>={since}' >> code/requirements.txt",
        log=f"{name} has no attribute 'apply_chat_template'",
        cause="serving:pkg/transformers",
    )


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
