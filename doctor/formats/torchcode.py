"""What the code inside a TorchScript archive says: signatures, device literals, operators. Read as text, never run."""

from __future__ import annotations

import ast
import re

from doctor.errors import Unreadable
from doctor.formats.kinds.torch import Argument, Forward, Written
from doctor.formats.stream import Stream

LARGEST_FILE = 16 << 20
LARGEST_IN_ALL = 64 << 20
LONGEST_HEAD = 1 << 16
MOST_WRITTEN = 1000

_DEVICE = r'torch\.device\("([a-z]+(?::\d+)?)"\)|(torch\.cuda)\('
_OPERATOR = r"\bops\.([A-Za-z_]\w*)\.([A-Za-z_]\w*)\("
_CALLED = r"\btorch\.([A-Za-z_]\w*)\("
_CLASS = r"^class (\w+)\("
_METHOD = r"^  def (\w+)\("


class Code:
    """The code of one archive, while it is gathered."""

    def __init__(self) -> None:
        self._devices: dict[str, Written] = {}
        self._operators: dict[str, Written] = {}
        self._called: dict[str, Written] = {}
        self._heads: dict[str, dict[str, Forward | None]] = {}
        self._bytes = 0

    @property
    def devices(self) -> tuple[Written, ...]:
        """Device literals, each with its first place."""
        return tuple(self._devices.values())

    @property
    def operators(self) -> tuple[Written, ...]:
        """Operators called through their namespace: ``torchvision::nms``."""
        return tuple(self._operators.values())

    @property
    def called(self) -> tuple[Written, ...]:
        """Functions of PyTorch's own namespace: ``aten::add``."""
        return tuple(self._called.values())

    def method(self, owner: str, name: str) -> Forward | None:
        """Return the signature of a method of a class, or None where it isn't there or not understood."""
        return self._heads.get(owner, {}).get(name)

    def methods(self, owner: str) -> tuple[str, ...]:
        """Return the names of a class' methods."""
        return tuple(self._heads.get(owner, {}))

    def take(self, path: str, body: Stream) -> None:
        """Read one file of code; Unreadable where there is more of it than any model has."""
        parts = []
        size = 0
        while part := body.some(1 << 20):
            size += len(part)
            if size > LARGEST_FILE or self._bytes + size > LARGEST_IN_ALL:
                raise Unreadable(f"{path} and the code before it are larger than {LARGEST_FILE} bytes")
            parts.append(part)
        self._bytes += size
        self._look(path, b"".join(parts).decode("utf-8", "replace"))

    def _look(self, path: str, text: str) -> None:
        lines = text.split("\n")
        module = path[len("code/") : -len(".py")].replace("/", ".")
        owner = ""
        for number, line in enumerate(lines):
            if line.startswith("class ") and (found := re.match(_CLASS, line)):
                owner = f"{module}.{found[1]}"
                self._heads.setdefault(owner, {})
            elif line.startswith("  def ") and owner and (found := re.match(_METHOD, line)):
                self._heads[owner][found[1]] = _head(lines, number, path)
            if "torch.device(" in line or "torch.cuda(" in line:
                for match in re.finditer(_DEVICE, line):
                    _note(self._devices, match[1] or "cuda", path, number, line)
            if "torch." in line:
                for match in re.finditer(_CALLED, line):
                    _note(self._called, f"aten::{match[1]}", path, number, line)
            if "ops." in line:
                for match in re.finditer(_OPERATOR, line):
                    _note(self._operators, f"{match[1]}::{match[2]}", path, number, line)


def _note(known: dict[str, Written], what: str, path: str, number: int, line: str) -> None:
    first = known.get(what)
    if first is not None:
        known[what] = first._replace(times=first.times + 1)
    elif len(known) < MOST_WRITTEN:
        known[what] = Written(what, path, number + 1, line.strip()[:200])


def _head(lines: list[str], number: int, path: str) -> Forward | None:
    """Return the signature that begins at a line."""
    text = ""
    for line in lines[number : number + 2000]:
        text += line.strip() + " "
        if line.endswith(":") or len(text) > LONGEST_HEAD:
            break
    try:
        node = ast.parse(f"{text}pass").body[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(node, ast.FunctionDef):
        return None
    names = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    required = len(node.args.args) - len(node.args.defaults)
    found = [Argument(a.arg, _text(a.annotation), n < required) for n, a in enumerate(names)]
    return Forward(tuple(found[1:]), _text(node.returns), path, number + 1)


def _text(node: ast.expr | None) -> str:
    try:
        return ast.unparse(node) if node else ""
    except RecursionError:
        return ""
