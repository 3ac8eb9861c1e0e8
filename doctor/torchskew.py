"""What becomes of PyTorch's pickled objects under another version (``doctor/facts/torch_pickles.json``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor import skew
from doctor.facts import load as facts
from doctor.formats.kinds.torch import TorchSave
from doctor.model import Unknown
from doctor.torchloads import TORCH_LOAD, Load, loads, passed

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

    def fix(self, name: str) -> str:
        """Say which version to serve with, or how to save again."""
        nearest = skew.nearest(self.there, list(self.works))
        again = f"save {name} again under torch {self.there}"
        return f"serve with torch {nearest}, or load {self.load.file.path} there and {again}"


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
        seen = shown(held, load.file.symbols)
        rules = [r for r in table["rules"] if r["at"] == at and all(seen.fits(*feature) for feature in r["if"])]
        rules = [r for r in rules if not _is_mended(r, handler)]
        there = serving.version("torch") if rules else None
        if there is not None:
            yield from _judged(load, there, rules, table["versions"])


def _is_mended(rule: dict[str, Any], handler: Handler) -> bool:
    """Say whether the handler's code speaks of the attribute that is missing: it may set it after loading."""
    lacking = [other for word, _, other in rule["if"] if word == "lacks"]
    return any(name in script.text for name in lacking for script in handler.scripts.values())


def _judged(load: Load, there: Version, rules: list[dict[str, Any]], measured: list[str]) -> Iterator[Broken | Unknown]:
    verdicts = [(skew.refuses(rule, there, measured), rule) for rule in rules]
    rule = next((r for failing, r in verdicts if failing), None)
    if rule is not None:
        spans = [(measured.index(a), measured.index(b)) for a, b in rule["readers"]]
        works = tuple(v for i, v in enumerate(measured) if not any(a <= i <= b for a, b in spans))
        yield Broken(load, there, _saw(rule), _line(rule["log"], load), works)
    elif any(failing is None for failing, _ in verdicts):
        yield Unknown(f"whether torch {there} reads {load.file.path} was not measured")


def _line(log: str, load: Load) -> str:
    """Return the log line: what loads weights only wraps errors of running in one of its own."""
    kind, _, words = log.partition(": ")
    if kind in {"RuntimeError", "NotImplementedError"} and passed(load.call, 3, "weights_only") is True:
        return f"_pickle.UnpicklingError: Weights only load failed. ... WeightsUnpickler error: {words}"
    return log


def _saw(rule: dict[str, Any]) -> str:
    """Say what of a file a rule goes by."""
    words = {
        "inside": "names {0}",
        "is": "has a {0} {1}",
        "lacks": "holds a {0} without the attribute {1}",
    }
    saw = [words[word].format(one, other) for word, one, other in rule["if"] if word in words]
    return " and ".join(saw) or "holds objects of PyTorch"
