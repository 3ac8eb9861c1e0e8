"""What the handler does with PyTorch's files: which call opens which file, and what becomes of what it returns."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load as load_facts
from doctor.model import Evidence, Unknown

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Call, Handler
    from doctor.models import Models
    from doctor.target import Target

TORCH_LOAD = ("torch.load", "torch.serialization.load")
JIT_LOAD = ("torch.jit.load",)
# Methods that return the module they are called on.
_FLUENT = (
    "eval",
    "to",
    "cpu",
    "cuda",
    "float",
    "half",
    "double",
    "train",
    "bfloat16",
    "requires_grad_",
    "share_memory",
)


class Load(NamedTuple):
    """A call that surely loads a model file of the artifact, and nothing catches its failure."""

    call: Call
    file: ModelFile


def loads(handler: Handler, models: Models, loaders: tuple[str, ...]) -> Iterator[Load]:
    """Yield the calls of loaders that are made each time the model is loaded, with the file that each opens."""
    for opened in handler.opened():
        call = opened.call
        if call.name in loaders and call.certain and not call.caught:
            path = opened.path if opened.path is not None else _relative(opened.text)
            file = models.at(path) if path else None
            if file is not None:
                yield Load(call, file)


def _relative(text: str | None) -> str:
    """Return where a path without a folder leads: PyTorch's servers start their workers in the model's folder."""
    if not text or text.startswith(("/", "~")) or "://" in text:
        return ""
    path = posixpath.normpath(text)
    return "" if path.startswith("..") else path


def only(handler: Handler, models: Models, loaders: tuple[str, ...]) -> Load | None:
    """Return the load of a handler that has one such call and no more, so that its result's name says which it is."""
    calls = list(handler.calls(*loaders))
    found = list(loads(handler, models, loaders))
    return found[0] if len(calls) == 1 and len(found) == 1 else None


def unwrapped(name: str) -> str:
    """Return the name of an object without the methods that return the object itself: ``torch.jit.load()``."""
    while name.endswith("()"):
        before, _, method = name[:-2].rpartition(".")
        if method not in _FLUENT or not before.endswith(")"):
            return name
        name = before
    return name


def formats(torch: Version) -> int | None:
    """Return the highest file format that a PyTorch reads, None where it isn't known."""
    table: dict[str, int] = load_facts("torch_file_format")["max_supported_file_format"]
    return table.get(f"{torch.major}.{torch.minor}")


def readable(version: int, highest: int | None) -> bool:
    """Say whether a file of a format's version is read, as far as is known."""
    return highest is None or version <= highest


def admitted(torch: Version) -> frozenset[str]:
    """
    Return the names that torch.load admits where it loads weights only, as far as measured.

    Of a release between two measured ones that is what the later one admits: a name too many is told of no file.
    """
    from packaging.version import Version  # here, for its 4 ms

    table = load_facts("torch_releases")
    later = (r for r in table["admitting"] if Version(r).release[:2] >= torch.release[:2])
    last = Version(next(later, table["admitting"][-1]))
    gone = {name for r, names in table["dropped"].items() if Version(r) <= last for name in names.split()}
    found = (names.split() for r, names in table["allowed"].items() if Version(r) <= last)
    return frozenset(name for names in found for name in names) - gone


def passed(call: Call, position: int, keyword: str) -> object:
    """Return the constant that a call passes; `...` for anything that isn't one, and None where it passes nothing."""
    if call.hides_arguments:
        return ...
    node = call.argument(position, keyword)
    if node is None:
        return None
    return node.value if isinstance(node, ast.Constant) else ...


def seen(handler: Handler, call: Call) -> Evidence:
    """Return the line of a call as evidence."""
    return handler.seen(call.path, call.line)


def without_gpu(target: Target, serving: Environment) -> Evidence | None:
    """
    Return what proves that no GPU is there when it serves, or None where there is one.

    Raises:
        Unknown: neither the instance nor PyTorch's build tells.
    """
    if target.instance and not target.gpu:
        return target.evidence()
    try:
        torch = serving.version("torch")
    except Unknown:
        torch = None
    if torch is not None and torch.local == "cpu":
        return serving.evidence("torch")
    if target.instance:
        return None
    raise Unknown("nothing says whether there is a GPU; name the instance with --instance-type")
