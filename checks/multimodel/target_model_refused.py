"""Check: a request can't name a model of the endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.fleet import Fleet
    from doctor.target import Target


@check(
    title="A request can't name the model: its file name is refused as TargetModel",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
    symptoms=(r"Value '.*' at 'targetModel' failed to satisfy constraint",),
)
def target_model_refused(fleet: Fleet, target: Target) -> Iterator[Finding]:
    r"""
    A request names its model by the archive's file name, in the header X-Amzn-SageMaker-Target-Model.

    The platform takes up to 1024 printable ASCII characters there, the first of which is no space (its pattern is
    `\\S[\\p{Print}]*`). Clients send other names all the same, so only the platform's answer tells. Rename the archive.
    This is asked where several artifacts are given.
    """
    rule = load("multi_model")["target_model"]
    if not target.is_a("multi-model"):
        return
    for member in fleet:
        wrong = [c for c in member.name if not " " <= c <= "~"] or list(member.name[:1].strip(member.name[:1].strip()))
        if re.fullmatch(rule["pattern"], member.name) and len(member.name) <= rule["most"]:
            continue
        why = f"has {len(member.name)} characters" if not wrong else f"has {wrong[0]!r}"
        yield Finding(
            message=f"{member.name!r} {why}, and requests name models with up to {rule['most']} printable ASCII "
            "characters that don't begin with a space",
            evidence=(member.seen("", "the archive's name"), Evidence("target:endpoint", "multi-model")),
            fix=f"mv '{member.name}' '{_plain(member.name)}'",
            likelihood=Likelihood.LIKELY,
            log=f"ValidationException: 1 validation error detected: Value '{member.name}' at 'targetModel' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern",
            cause=f"artifact:{member.name}",
        )


def _plain(name: str) -> str:
    """Return a name that is taken: without accents, with underscores for what else isn't ASCII."""
    import unicodedata

    letters = unicodedata.normalize("NFKD", name.strip())
    kept = (c if " " <= c <= "~" else "_" for c in letters if not unicodedata.combining(c))
    return "".join(kept)[-200:]
