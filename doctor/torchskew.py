"""What becomes of PyTorch's pickled objects under another version (``doctor/facts/torch_pickles.json``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor import skew
from doctor.facts import load as facts
from doctor.formats.kinds.torch import TorchSave
from doctor.model import Evidence, Finding, Unknown
from doctor.torchloads import TORCH_LOAD, Load, loads, passed, seen

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import Symbol
    from doctor.handler import Handler
    from doctor.models import Models

_SPARSE = "torch._utils._rebuild_sparse_tensor"


class Broken(NamedTuple):
    """A file that the serving PyTorch can't load, or can't use once it is loaded, and what of it shows that."""

    load: Load
    there: Version
    saw: str
    log: str
    works: tuple[str, ...]

    def finding(self, handler: Handler, serving: Environment, does: str, saved: str) -> Finding:
        """Return it as a finding; `does` is what PyTorch can't do with the file, `saved` what to save again."""
        path, nearest = self.load.file.path, skew.nearest(self.there, list(self.works))
        return Finding(
            message=f"{path} {self.saw}, which torch {self.there} of {serving.source} can't {does}",
            evidence=(
                seen(handler, self.load.call),
                Evidence(f"artifact:{path}", self.saw),
                serving.evidence("torch"),
            ),
            fix=f"serve with torch {nearest}, or load {path} there and save {saved} again under torch {self.there}",
            log=self.log,
            cause="serving:pkg/torch",
        )


def shown(file_facts: TorchSave, symbols: tuple[Symbol, ...]) -> skew.Shown:
    """Return what a pickle shows of PyTorch's objects: names that it has, attributes, layouts of sparse tensors."""
    found = skew.named(symbols, (), "torch")
    attributes: dict[str, list[frozenset[str]]] = {k: list(v) for k, v in found.attributes.items()}
    for part in file_facts.parts:
        attributes.setdefault(part.symbol.name, []).append(part.attributes)
    settings = {str(p.symbol): "with a state of its own" for p in file_facts.parts if not p.attributes}
    for call in file_facts.called:
        if str(call.symbol) == _SPARSE:
            settings[_SPARSE] = _layout(call.arguments)
    return skew.Shown(attributes, settings)


def _layout(arguments: str) -> str:
    """Return "of torch.sparse_coo and 3 parts" of what rebuilds a sparse tensor: its layout, and what it is made of."""
    layout, _, data = arguments.partition("'")[2].partition("'")
    inner = data[data.find("(") + 1 :].removesuffix("))")
    return f"of {layout} and {len(inner.split(', '))} parts"


def broken(models: Models, handler: Handler, serving: Environment, at: str) -> Iterator[Broken | Unknown]:
    """
    Yield the files that fail with the serving PyTorch.

    Args:
        models: of the artifact.
        handler: that loads them.
        serving: whose PyTorch it is.
        at: "load" or "predict".
    """
    table = facts("torch_pickles")
    for load in loads(handler, models, TORCH_LOAD):
        held = load.file.facts
        if not isinstance(held, TorchSave):
            continue
        found = shown(held, load.file.symbols)
        rules = [r for r in table["rules"] if all(found.fits(*feature) for feature in r["if"])]
        rules = [r for r in rules if not _is_mended(r, handler)]
        there = serving.version("torch") if any(r["at"] == at for r in rules) else None
        verdict = skew.judged(rules, at, there, table["versions"]) if there is not None else None
        if verdict is None or there is None:
            continue
        if verdict.rule is None:
            yield Unknown(f"whether torch {there} reads {load.file.path} was not measured")
        else:
            yield Broken(load, there, _saw(verdict.rule), _line(verdict.rule["log"], load), verdict.works)


def _is_mended(rule: Mapping[str, Any], handler: Handler) -> bool:
    """Say whether the handler's code speaks of the attribute that is missing: it may set it after loading."""
    lacking = [other for word, _, other in rule["if"] if word == "lacks"]
    return any(name in script.text for name in lacking for script in handler.scripts.values())


def _line(log: str, load: Load) -> str:
    """Return the log line: what loads weights only wraps errors of running in one of its own."""
    kind, _, words = log.partition(": ")
    if kind in {"RuntimeError", "NotImplementedError"} and passed(load.call, 3, "weights_only") is True:
        return f"_pickle.UnpicklingError: Weights only load failed. ... WeightsUnpickler error: {words}"
    return log


def _saw(rule: Mapping[str, Any]) -> str:
    """Say what of a file a rule goes by."""
    words = {
        "inside": "names {0}",
        "is": "has a {0} {1}",
        "lacks": "holds a {0} without the attribute {1}",
    }
    saw = [words[word].format(one, other) for word, one, other in rule["if"] if word in words]
    return " and ".join(saw) or "holds objects of PyTorch"
