"""Check: a JSON file of a Hugging Face model is no JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.huggingface import Damage, Pretrained
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models

_READ = ("config.json", "tokenizer.json", "tokenizer_config.json", "adapter_config.json", ".index.json")


@check(
    title="A JSON file of the model is not JSON",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/huggingface/transformers/blob/v4.57.6/src/transformers/configuration_utils.py",
    symptoms=(r"It looks like the config file at '.*' is not a valid JSON file", r"json\.decoder\.JSONDecodeError"),
    explains=("config-missing", "tokenizer-missing", "hf-task-missing", "weight-shard-missing"),
)
def config_not_json(models: Models, artifact: Artifact) -> Iterator[Finding]:
    """
    A config that was edited by hand, or a Git LFS pointer in its place, can't be read.

    JSON has no comments and no comma after the last entry. tokenizer.json is often stored with Git LFS: a clone without
    ``git lfs`` leaves three lines of text.
    """
    for _, facts in models.of(Pretrained):
        for damage in facts.damaged:
            if damage.path.endswith(_READ):
                yield _finding(damage, artifact)


def _finding(damage: Damage, artifact: Artifact) -> Finding:
    pointer = artifact.data(damage.path).startswith(b"version https://git-lfs")
    saw = "a Git LFS pointer" if pointer else damage.reason
    return Finding(
        message=f"{damage.path} can't be read: {saw}",
        evidence=(Evidence(f"artifact:{damage.path}", saw),),
        fix="git lfs pull && pack again" if pointer else f"python -m json.tool {damage.path}  # shows where it breaks",
        log=_log(damage),
        cause=f"artifact:{damage.path}",
    )


def _log(damage: Damage) -> str:
    """Return the words of what reads the file: transformers, tokenizers (in Rust), or Python's json."""
    name = damage.path.rpartition("/")[2]
    if name == "config.json":
        return f"OSError: It looks like the config file at '/opt/ml/model/{damage.path}' is not a valid JSON file."
    _, is_json, reason = damage.reason.partition("not JSON: ")
    if name == "tokenizer.json":
        return "Exception: expected value at line 1 column 1" if "line 1 column 1 " in reason else ""
    return f"json.decoder.JSONDecodeError: {reason}" if is_json else ""
