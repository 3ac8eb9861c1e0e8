"""Check: tokenizer.json is written in a way that the serving tokenizers can't read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from doctor.errors import Unreadable
from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import folder_of, loads, surely_runs

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_BY_FILE = frozenset({"tokenizers.Tokenizer.from_file"})
# the transformers that asks for a release of tokenizers, or a later one
_FIRST = {
    "0.13.2": "transformers>=4.26", "0.13.3": "transformers>=4.28", "0.19.1": "transformers>=4.40",
    "0.20.0": "transformers>=4.45", "0.20.3": "transformers>=4.45", "0.21.4": "transformers>=4.47",
}  # fmt: skip


@check(
    title="The file tokenizer.json is newer than the serving tokenizers",
    fault="newer-than-image-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/allenai/open-instruct/issues/738",
    symptoms=(r"data did not match any variant of untagged enum \w+Wrapper",),
)
def tokenizer_json_newer_than_tokenizers(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target, artifact: Artifact
) -> Iterator[Finding | Unknown]:
    """
    A release of tokenizers reads the parts that it has, and each release adds some, or writes one in a new way.

    Since 0.20 merges are pairs, since 0.19 a Metaspace has no add_prefix_space, since 0.13.3 Llama's tokenizers are
    made of Prepend, Fuse and ByteFallback. The message names a line of tokenizer.json and not the cause. Raise
    transformers, which brings its tokenizers along, or save the tokenizer with the version that serves.
    """
    for path, steps, evidence in _read(models, handler, stack, target, artifact):
        version = serving.version("tokenizers") if steps else None
        if version is None:
            continue
        table = load("tokenizer_json")["parts"]
        for step in steps:
            if version.release <= _release(table[step]["before"]):
                yield _finding(path, step, table[step], evidence, serving)
                return
            if version.release < _release(table[step]["since"]):
                yield Unknown(f"whether tokenizers {version} reads {step} in tokenizer.json was not measured")
                return


def _read(
    models: Models, handler: Handler, stack: str, target: Target, artifact: Artifact
) -> Iterator[tuple[str, tuple[str, ...], Evidence]]:
    """Yield the tokenizer.json files that are read, their parts that not every release reads, and what shows it."""
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is not None and loaded.tokenizer:
            kept = found[1].tokenizer
            yield found[1].path("tokenizer.json"), _telling(kept.steps, pairs=kept.merges_as_pairs), loaded.evidence
    for opened in handler.opened():
        path = opened.path or ""
        if opened.call.name in _BY_FILE and path in artifact and surely_runs(handler, opened.call):
            seen = handler.seen(opened.call.path, opened.call.line)
            yield path, _of_file(artifact, path), seen


def _of_file(artifact: Artifact, path: str) -> tuple[str, ...]:
    from doctor.formats.tokenizerjson import merges_as_pairs, steps

    try:
        data = artifact.data(path)
    except Unreadable:
        return ()
    return _telling(steps(data), pairs=merges_as_pairs(data))


def _telling(steps: tuple[str, ...], *, pairs: bool | None) -> tuple[str, ...]:
    table = load("tokenizer_json")["parts"]
    return tuple(step for step in (*steps, *(("merges as pairs",) if pairs else ())) if step in table)


def _finding(path: str, step: str, row: Mapping[str, str], evidence: Evidence, serving: Environment) -> Finding:
    version = serving.packages["tokenizers"]
    what = "holds merges as pairs" if step == "merges as pairs" else f"has the {step}"
    seen = '"merges": [["a", "b"], ...]' if step == "merges as pairs" else step
    return Finding(
        message=f"{path} {what}, and tokenizers {version} reads that only since {row['since']}",
        evidence=(Evidence(f"artifact:{path}", seen), serving.evidence("tokenizers"), evidence),
        fix=f"echo '{_FIRST[row['since']]}' >> code/requirements.txt",
        log=f"Exception: data did not match any variant of untagged enum {row['enum']}",
        cause="serving:pkg/transformers",
    )


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
