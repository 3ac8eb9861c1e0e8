"""Which pickles of the artifact are loaded when it serves, and by which call; so too of what has a pickle inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.formats.kinds.pickled import PickleFacts
from doctor.loading import Load, pickle_loads, uses
from doctor.model import Evidence, Finding, Likelihood, Unknown

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models

# Their default handlers load files of other formats: a pickle beside those is read by nothing but a script.
_LOAD_NO_PICKLES = frozenset({
    "pytorch", "huggingface", "tensorflow-serving", "torchserve", "mxnet", "djl", "tgi", "tei", "vllm", "sklearn",
})  # fmt: skip

_METHODS = frozenset({"predict", "predict_proba", "predict_log_proba", "decision_function", "transform",
                      "score_samples", "kneighbors"})  # fmt: skip


class Pickle(NamedTuple):
    """
    A pickle that serving may load.

    Args:
        file: it.
        facts: of it: `PickleFacts`, or what its format has.
        load: the call that loads it, None where no call of the artifact's own does.
        sure: whether that call is surely made, and loads this very file.
        seen: False where the handler's code shows no call at all that would load it.
    """

    file: ModelFile
    facts: Any
    load: Load | None
    sure: bool
    seen: bool = True

    @property
    def likelihood(self) -> Likelihood:
        """How surely it is loaded."""
        return Likelihood.CERTAIN if self.sure else Likelihood.LIKELY

    def evidence(self, saw: str) -> tuple[Evidence, ...]:
        """Return what was seen in the file, and the call that loads it."""
        found = Evidence(f"artifact:{self.file.path}", saw)
        return (found, self.load.evidence) if self.load else (found,)

    def told(self, finding: Finding) -> Finding | Unknown:
        """Return a finding about loading it; Unknown where nothing shows that it is loaded."""
        return finding if self.seen else Unknown(f"no code that was seen loads {self.file.path}; {finding.message}")


def loaded(models: Models, handler: Handler) -> Iterator[Pickle]:
    """
    Yield the pickles that serving loads, or may load, as far as the handler tells.

    Raises Unknown after the last where one couldn't be read.
    """
    calls = list(pickle_loads(handler))
    for file, facts in models.of(PickleFacts):
        found = uses(file.path, calls, handler)
        if not handler and handler.stack in _LOAD_NO_PICKLES:
            continue
        if found:
            load = found[0].load
            sure = found[0].sure and load is not None and load.call.certain and not load.call.caught
            yield Pickle(file, facts, load, sure)
        elif not calls:
            yield Pickle(file, facts, None, sure=False, seen=False)


def naming(models: Models, handler: Handler) -> Iterator[Pickle]:
    """Yield what serving loads that names Python objects: pickles, and PyTorch's files, whose headers are pickles."""
    from doctor.torchloads import TORCH_LOAD, loads, seen

    for found in loads(handler, models, TORCH_LOAD):
        if found.file.symbols:
            load = Load("torch", found.file.path, found.call, seen(handler, found.call))
            yield Pickle(found.file, found.file.facts, load, sure=True)
    yield from (found for found in loaded(models, handler) if found.file.symbols)


def sklearn_versions(found: Pickle, serving: Environment) -> Iterator[tuple[Version, Version]]:
    """Yield scikit-learn's version in a pickle and the serving one; nothing where one of them isn't there."""
    from packaging.version import InvalidVersion, Version

    written = {e.version for e in found.facts.estimators}
    there = serving.version("scikit-learn") if written else None
    for text in sorted(written):
        try:
            writer = Version(text)
        except InvalidVersion:
            continue
        if there is not None:
            yield writer, there


def methods(handler: Handler) -> frozenset[str] | None:
    """Return the methods of estimators that the handler's requests call, None where its code doesn't tell."""
    if not handler:
        return None
    if not {"predict_fn", "transform_fn"} & set(handler.hooks):
        return frozenset({"predict"}) if handler.stack == "sklearn" else None
    called = {call.name.rpartition(".")[2] for call in handler.calls()}
    return frozenset(called & _METHODS) or None
