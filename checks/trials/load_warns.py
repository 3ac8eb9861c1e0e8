"""Check: libraries warn while the model is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step, Warned

# Of use to those who write a library, and given by nearly every import.
_FOR_DEVELOPERS = (
    "DeprecationWarning",
    "PendingDeprecationWarning",
    "ImportWarning",
    "ResourceWarning",
    "SyntaxWarning",
)
_OF_THIS_MACHINE = ("Device set to use",)  # transformers 4 logs it as a warning each time
_MOST = 5


@check(
    title="Libraries warn while the model is loaded",
    fault="load-failure",
    severity=Severity.NOTE,
    stage=Stage.LOAD,
    basis="https://scikit-learn.org/stable/model_persistence.html#security-maintainability-limitations",
)
def load_warns(load: Step) -> Iterator[Finding]:
    """
    The model loads, and a library says that something about it may be wrong.

    scikit-learn's InconsistentVersionWarning is one: the file was written by another version, and may give other
    numbers. Nobody reads a server's log while all is well, so the warnings are shown here. Warnings that are meant for
    those who write libraries are left out.
    """
    if not load.worked:
        return
    told = dict.fromkeys((w.category, _short(w.message)) for w in load.warnings if _matters(w))
    logged = [r for r in load.value.get("logged") or () if isinstance(r, dict) and r.get("message")]
    lines = ((str(r.get("logger")), _short(str(r["message"]))) for r in logged)
    told.update(dict.fromkeys(line for line in lines if not line[1].startswith(_OF_THIS_MACHINE)))
    for who in list(dict.fromkeys(category for category, _ in told))[:_MOST]:
        texts = [text for category, text in told if category == who]
        more = f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""
        yield Finding(
            message=f"{who} while the model is loaded: {texts[0]}{more}",
            evidence=tuple(Evidence("trial:load", f"{who}: {text}") for text in texts[:_MOST]),
            fix=_fix(texts[0]),
            log=f"{who.rpartition('.')[2]}: {texts[0]}",
        )
    yield from _unused(load)


def _unused(load: Step) -> Iterator[Finding]:
    """What load_state_dict(strict=False) leaves of the file; transformers logs the same of from_pretrained."""
    for row in load.value.get("keys") or ():
        names = [str(n) for n in row.get("unexpected") or ()] if isinstance(row, dict) else []
        if not names or row.get("by") != "load_state_dict" or row.get("missing"):
            continue
        shown = ", ".join(names[:_MOST]) + (" …" if len(names) > _MOST else "")
        yield Finding(
            message=f"load_state_dict leaves {len(names)} of the file's weights unused: {row.get('class')} has none of "
            f"the name: {shown}",
            evidence=(Evidence("trial:load", f"load_state_dict: unexpected {shown}"),),
            fix="take them out of the file where the model doesn't need them, and load with strict=True",
        )


def _matters(warned: Warned) -> bool:
    own = warned.where.endswith(".py") or not warned.where.startswith("/")
    old = warned.category.rpartition(".")[2] in _FOR_DEVELOPERS or "deprecated" in warned.message
    return own or not old


def _fix(text: str) -> str:
    import re

    if found := re.search(r"from version (\S+) when using version (\S+?)\.? ", text):
        return f"echo scikit-learn=={found[1]} >> code/requirements.txt, or train again with {found[2]}"
    return "write the model again with the version that serves it, or see to it that the warning doesn't matter"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:299]}…"
