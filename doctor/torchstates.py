"""Which state dict the handler loads into which module, and the keys that the module has by its own source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.facts import load as facts
from doctor.formats.kinds.torch import Safetensors, TorchSave
from doctor.torchloads import TORCH_LOAD, Load, loads, passed, unwrapped

if TYPE_CHECKING:
    from doctor.formats.source import Scope
    from doctor.handler import Call, Handler
    from doctor.models import Models

LOADERS = (*TORCH_LOAD, "safetensors.torch.load_file")
WRAPPERS = (
    "torch.nn.DataParallel()",
    "torch.nn.parallel.DataParallel()",
    "torch.nn.parallel.DistributedDataParallel()",
)
_DEEPEST = 6
_OWN_LOADING = {"state_dict", "load_state_dict", "_load_from_state_dict", "_save_to_state_dict", "__setattr__"}
_RECURRENT = {"LSTM", "GRU", "RNN"}


class Loading(NamedTuple):
    """
    A call of load_state_dict that is surely made, strictly, with a dict as it is in the file.

    Args:
        call: ``model.load_state_dict(...)``.
        load: where the dict comes from.
        receiver: what it is loaded into: ``inference.Net()``.
        key: of the checkpoint, "" where the whole file is given.
        keys: of the dict given.
    """

    call: Call
    load: Load
    receiver: str
    key: str
    keys: tuple[str, ...]

    @property
    def owner(self) -> str:
        """The class that is loaded into, as its own module names it."""
        return self.receiver.removesuffix("()").rpartition(".")[2]


def loadings(handler: Handler, models: Models) -> Iterator[Loading]:
    """Yield the calls of load_state_dict whose dict and whose module are known."""
    by_node = {id(found.call.node): found for found in loads(handler, models, LOADERS)}
    for call in handler.calls("*.load_state_dict"):
        if not call.certain or call.caught or passed(call, 1, "strict") not in {None, True}:
            continue
        if _is_changed(call):
            continue
        load, key = _origin(call.argument(0, "state_dict"), call, by_node, 0)
        keys = _keys(load, key) if load else ()
        receiver = unwrapped(call.name.removesuffix(".load_state_dict"))
        if load is not None and keys and receiver.endswith("()"):
            yield Loading(call, load, receiver, key, keys)


def _is_changed(call: Call) -> bool:
    """Say whether the function sets attributes of something: the module may not be as its class makes it."""
    if call.function is None:
        return False
    targets = (t for n in ast.walk(call.function.node) if isinstance(n, ast.Assign) for t in n.targets)
    return any(isinstance(t, ast.Attribute) and ast.unparse(t.value) not in {"self", "cls"} for t in targets)


def _keys(load: Load, key: str) -> tuple[str, ...]:
    held = load.file.facts
    if isinstance(held, Safetensors) and not key:
        return tuple(t.name for t in load.file.tensors)
    if not isinstance(held, TorchSave) or held.module is not None:
        return ()
    if not key:
        return held.keys if held.layout in {"state-dict", "checkpoint"} else ()
    return held.state_keys if key == held.weights else ()


def _origin(node: ast.expr | None, call: Call, known: dict[int, Load], depth: int) -> tuple[Load | None, str]:
    """Return the load that an expression comes from, and the key that it takes of it."""
    if depth > _DEEPEST:
        return None, ""
    if isinstance(node, ast.Call):
        if id(node) in known:
            return known[id(node)], ""
        got = node.func if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args else None
        return _taken(got.value, node.args[0], call, known, depth) if got else (None, "")
    if isinstance(node, ast.Subscript):
        return _taken(node.value, node.slice, call, known, depth)
    value = _bound(node, call.scope) if isinstance(node, ast.Name) else None
    return _origin(value, call, known, depth + 1) if value is not None else (None, "")


def _taken(value: ast.expr, key: ast.expr, call: Call, known: dict[int, Load], depth: int) -> tuple[Load | None, str]:
    load, before = _origin(value, call, known, depth + 1)
    if load is None or before or not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
        return None, ""
    return load, key.value


def _bound(node: ast.Name, scope: Scope) -> ast.expr | None:
    """Return the one value that a name has in its function, where nothing there can have changed what it holds."""
    bindings = scope.bindings.get(node.id, [])
    if len(bindings) != 1 or bindings[0].kind != "value":
        return None
    uses = [n for n in ast.walk(scope.node) if isinstance(n, ast.Name) and n.id == node.id]
    loaded = [n for n in uses if isinstance(n.ctx, ast.Load)]
    taken = {id(n.value) for n in ast.walk(scope.node) if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Load)}
    changed = [n for n in loaded if n is not node and id(n) not in taken]
    return None if changed or len(uses) - len(loaded) != 1 else bindings[0].value


class Keys:
    """
    The keys of modules' state dicts, read from the source of their classes.

    Args:
        handler: whose classes they are.
    """

    def __init__(self, handler: Handler) -> None:
        self._names = handler.names
        self._layers: dict[str, Any] = facts("torch_layers")["layers"]

    def of(self, name: str, depth: int = 0) -> frozenset[str] | None:
        """Return the keys of a class of the handler; None unless its source gives them exactly."""
        own = self._names.own_class(name)
        init = self._names.function(f"{name}.__init__")
        if own is None or init is None or depth > _DEEPEST or self._names.bases(name) != ("torch.nn.Module",):
            return None
        if not _is_plain(own[1]):
            return None
        found: set[str] = set()
        for statement in init.node.body:
            keys = self._statement(statement, init.scope, own[1], depth)
            if keys is None:
                return None
            found |= keys
        return frozenset(found)

    def lacks(self, name: str, attribute: str) -> bool:
        """Say whether a class surely has no part of a name, whatever else it has."""
        own = self._names.own_class(name)
        if own is None or self._names.bases(name) != ("torch.nn.Module",):
            return False
        text = ast.unparse(own[1])
        dynamic = any(
            word in text for word in ("add_module", "register_module", "setattr", "__dict__", "load_state_dict")
        )
        return not dynamic and f"self.{attribute} " not in text and f"self.{attribute}:" not in text

    def _statement(self, node: ast.stmt, scope: Scope, owner: ast.ClassDef, depth: int) -> set[str] | None:
        if isinstance(node, ast.Pass):
            return set()
        if isinstance(node, ast.Expr):
            return self._expression(node.value, scope)
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if len(targets) != 1 or value is None:
            return None
        target = targets[0]
        if isinstance(target, ast.Name):
            return None if "self" in ast.unparse(value) else set()
        if not (isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self"):
            return None
        return self._attribute(target.attr, value, scope, owner, depth)

    def _expression(self, node: ast.expr, scope: Scope) -> set[str] | None:
        if isinstance(node, ast.Constant):
            return set()
        if not isinstance(node, ast.Call):
            return None
        text = ast.unparse(node.func)
        if text.startswith("super(") or text in {"self.apply", "self.reset_parameters", "self.init_weights", "print"}:
            return set()
        if text == "self.register_buffer" and len(node.args) == 2 and not node.keywords:
            name = node.args[0]
            return {str(name.value)} if isinstance(name, ast.Constant) else None
        called = self._names.of(node.func, scope)
        return set() if called.startswith("torch.nn.init.") or called == "torch.nn.Module.__init__" else None

    def _attribute(self, name: str, value: ast.expr, scope: Scope, owner: ast.ClassDef, depth: int) -> set[str] | None:
        if isinstance(value, ast.Call):
            keys = self._made(value, scope, depth)
            return None if keys is None else {f"{name}.{k}" if k else name for k in keys}
        plain = not any(isinstance(n, ast.Call) for n in ast.walk(value))
        return set() if plain and not _is_module(name, owner) else None

    def _made(self, node: ast.Call, scope: Scope, depth: int) -> frozenset[str] | None:
        """Return the keys of the module that a call makes."""
        called = self._names.of(node.func, scope)
        starred = any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords)
        if starred or depth > _DEEPEST:
            return None
        if called.startswith("torch.nn."):
            return self._layer(called.rpartition(".")[2], node, scope, depth)
        return self.of(called, depth + 1)

    def _layer(self, layer: str, node: ast.Call, scope: Scope, depth: int) -> frozenset[str] | None:
        if layer == "Parameter":
            return frozenset({""})
        if layer in {"Sequential", "ModuleList"}:
            parts = _parts(layer, node)
            return None if parts is None else self._numbered(parts, scope, depth)
        if layer in _RECURRENT:
            return _recurrent(node)
        known = self._layers.get(layer)
        return None if known is None else _of_layer(known, node)

    def _numbered(self, parts: list[ast.expr], scope: Scope, depth: int) -> frozenset[str] | None:
        found: set[str] = set()
        for number, part in enumerate(parts):
            keys = self._made(part, scope, depth + 1) if isinstance(part, ast.Call) else None
            if keys is None:
                return None
            found |= {f"{number}.{k}" for k in keys}
        return frozenset(found)


def _parts(layer: str, node: ast.Call) -> list[ast.expr] | None:
    if node.keywords:
        return None
    if layer == "Sequential":
        return list(node.args)
    inner = node.args[0] if len(node.args) == 1 else None
    return list(inner.elts) if isinstance(inner, (ast.List, ast.Tuple)) else None


def _of_layer(known: dict[str, Any], node: ast.Call) -> frozenset[str] | None:
    keys = set(known["keys"])
    for option, gone in known.get("without", {}).items():
        value = _option(node, known["parameters"], option)
        if value is ...:
            return None
        if value is False:
            keys -= set(gone)
    return frozenset(keys)


def _option(node: ast.Call, parameters: list[str], option: str) -> object:
    """Return the constant that a call gives an option; None where it gives none, `...` where it isn't constant."""
    at = parameters.index(option)
    given = next((k.value for k in node.keywords if k.arg == option), node.args[at] if len(node.args) > at else None)
    if given is None:
        return None
    return given.value if isinstance(given, ast.Constant) else ...


def _recurrent(node: ast.Call) -> frozenset[str] | None:
    order = ["input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size"]
    values = {name: _option(node, order, name) for name in order[2:]}
    layers = values["num_layers"] or 1
    plain = values["bias"] in {None, True} and values["proj_size"] in {None, 0} and values["bidirectional"] is not ...
    if not isinstance(layers, int) or layers > 100 or not plain:
        return None
    ends = ("", "_reverse") if values["bidirectional"] else ("",)
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return frozenset(f"{kind}_l{n}{end}" for kind in kinds for n in range(layers) for end in ends)


def _is_plain(owner: ast.ClassDef) -> bool:
    """Say whether a class makes its parts in __init__ and nowhere else."""
    if owner.decorator_list or owner.keywords:
        return False
    for node in owner.body:
        if isinstance(node, ast.FunctionDef):
            if node.name in _OWN_LOADING or (node.name != "__init__" and _sets_parts(node)):
                return False
        elif not isinstance(node, (ast.Expr, ast.Pass, ast.Assign, ast.AnnAssign, ast.AsyncFunctionDef)):
            return False
    return True


def _sets_parts(node: ast.FunctionDef) -> bool:
    text = ast.unparse(node)
    if any(word in text for word in ("setattr", "add_module", "register_")):
        return True
    targets = (t for n in ast.walk(node) if isinstance(n, ast.Assign) for t in n.targets)
    return any(isinstance(t, ast.Attribute) and ast.unparse(t.value) == "self" for t in targets)


def _is_module(name: str, owner: ast.ClassDef) -> bool:
    """Say whether an attribute may be a module: something is called or taken of it."""
    text = ast.unparse(owner)
    return f"self.{name}(" in text or f"self.{name}." in text or f"self.{name}[" in text or f"in self.{name}" in text
