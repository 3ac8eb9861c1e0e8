"""Check: the tokenizer's class is one that only transformers 5 has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import folder_of, loads

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The tokenizer was written by transformers 5 and is read by an older one",
    fault="newer-than-image-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/unslothai/unsloth/issues/8444",
    symptoms=(r"Tokenizer class TokenizersBackend does not exist or is not currently imported",),
)
def tokenizer_written_by_newer_transformers(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    The library transformers 5 writes "tokenizer_class": "TokenizersBackend", which no 4.x has.

    The tokenizer itself is the same: change the class in tokenizer_config.json to PreTrainedTokenizerFast, or serve
    with transformers 5. A tokenizer with a class of its own, as BertTokenizer, is read by both.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not loaded.tokenizer or loaded.passes("tokenizer"):
            continue
        model = found[1]
        if model.tokenizer.name != "TokenizersBackend":
            continue
        version = serving.version("transformers")
        if version is not None and version.major < 5:
            path = model.path("tokenizer_config.json")
            yield Finding(
                message=f"{path} names the class TokenizersBackend, which transformers {version} doesn't have",
                evidence=(
                    Evidence(f"artifact:{path}", '"tokenizer_class": "TokenizersBackend"'),
                    serving.evidence("transformers"),
                    loaded.evidence,
                ),
                fix=f"sed -i 's/TokenizersBackend/PreTrainedTokenizerFast/' {path}",
                log="ValueError: Tokenizer class TokenizersBackend does not exist or is not currently imported.",
                cause="serving:pkg/transformers",
            )
            return
