"""Check: tokenizer.json is written in a way that the serving tokenizers can't read."""

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
    title="The file tokenizer.json is newer than the serving tokenizers",
    fault="newer-than-image-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/allenai/open-instruct/issues/738",
    symptoms=(r"data did not match any variant of untagged enum ModelWrapper",),
)
def tokenizer_json_newer_than_tokenizers(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    The library tokenizers 0.20 and later write merges as pairs, and earlier ones read only text with a space.

    The message names a line of tokenizer.json and not the cause. Raise tokenizers (with transformers 4.45 or later), or
    save the tokenizer with the version that serves.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not loaded.tokenizer or not found[1].tokenizer.merges_as_pairs:
            continue
        version = serving.version("tokenizers")
        if version is not None and version.release < (0, 20):
            path = found[1].path("tokenizer.json")
            yield Finding(
                message=f"{path} holds merges as pairs, and tokenizers {version} reads them only since 0.20",
                evidence=(
                    Evidence(f"artifact:{path}", '"merges": [["a", "b"], ...]'),
                    serving.evidence("tokenizers"),
                    loaded.evidence,
                ),
                fix="echo 'transformers>=4.45' >> code/requirements.txt",
                log="Exception: data did not match any variant of untagged enum ModelWrapper",
                cause="serving:pkg/transformers",
            )
            return
