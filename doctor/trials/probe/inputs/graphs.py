"""Which layer each input of a torch model flows into first: by torch.fx, by TorchScript's graph, by an exported one."""

from __future__ import annotations

import sys
from typing import Any

from doctor.trials.probe.inputs.layers import Need, first_need
from doctor.trials.probe.inputs.values import Input

_WEIGHTS = {
    "linear": 1, "embedding": 0, "embedding_bag": 0, "matmul": 1, "mm": 1, "addmm": 2, "layer_norm": 2, "batch_norm": 1,
}  # fmt: skip
_NOT_DATA = ("size", "dim", "shape", "ndim", "device", "dtype", "aten::size", "prim::device", "aten::dim", "aten::len")


def by_fx(model: Any) -> dict[str, list[Need]]:
    """Return for each placeholder of a symbolic trace what the layers that it reaches first take."""
    import torch.fx  # type: ignore[import-not-found,unused-ignore]

    graph = torch.fx.symbolic_trace(model).graph
    layers = dict(model.named_modules())
    order = {node: i for i, node in enumerate(graph.nodes)}
    found = {}
    for node in graph.nodes:
        if node.op == "placeholder":
            reached = sorted(_reached(node, lambda n: n.op == "call_module"), key=lambda n: order[n])
            needs = [first_need(layers[n.target], n.target) for n in reached if n.target in layers]
            found[str(node.target).lstrip("*")] = [n for n in needs if n is not None]
    return found


def _reached(start: Any, ends: Any) -> list[Any]:
    """Return the nodes where a walk over users ends."""
    found: list[Any] = []
    seen: set[Any] = set()
    queue = [start]
    while queue and len(seen) < 5000:
        node = queue.pop(0)
        for user in node.users:
            name = getattr(user.target, "__name__", user.target)
            asked = user.args[1] if name == "getattr" and len(user.args) > 1 else name
            if user in seen or asked in _NOT_DATA:
                continue
            seen.add(user)
            if ends(user):
                found.append(user)
            else:
                queue.append(user)
    return found


def by_script(model: Any) -> dict[str, list[Need]]:
    """Return for each tensor that a TorchScript graph takes what the operators that it reaches first take."""
    graph = model.inlined_graph
    inputs = list(graph.inputs())[1:]
    return {value.debugName().split(".")[0]: _script_needs(model, value) for value in inputs}


def _script_needs(model: Any, start: Any) -> list[Need]:
    found: list[Need] = []
    seen, queue = {start.debugName()}, [start]
    while queue and len(seen) < 5000:
        value = queue.pop(0)
        for use in value.uses():
            need = _operator(model, use.user, value)
            if need is not None:
                found.append(need)
                continue
            if use.user.kind() in _NOT_DATA or use.user.kind().startswith("prim::NumToTensor"):
                continue
            for out in use.user.outputs():
                if out.debugName() not in seen:
                    seen.add(out.debugName())
                    queue.append(out)
    return found


def _operator(model: Any, node: Any, value: Any) -> Need | None:
    """Return what an operator with a weight takes; None for one without."""
    kind = node.kind().split("::")[-1].rstrip("_")
    given = list(node.inputs())
    if kind in ("lstm", "gru", "rnn_tanh", "rnn_relu"):
        return _recurrent(model, kind, given)
    weight = _WEIGHTS.get(kind, 1 if "conv" in kind else len(given))
    if len(given) <= weight or given[weight].debugName() == value.debugName():
        return None
    shape = _shape(model, given[weight])
    return _by_weight(kind, shape, given, "{} ({})".format(given[weight].debugName(), kind)) if shape else None


def _by_weight(kind: str, shape: tuple[int, ...], given: list[Any], label: str) -> Need:
    if kind.startswith("embedding"):
        return Need("tokens", shape[0], layer=label)
    if "conv" in kind:
        return _convolution(kind, shape, given, label)
    if kind in ("layer_norm", "batch_norm"):
        return Need("vector", shape[-1], layer=label)
    return Need("vector", shape[0] if kind in ("matmul", "mm", "addmm") else shape[-1], layer=label)


def _convolution(kind: str, shape: tuple[int, ...], given: list[Any], label: str) -> Need:
    groups = 1
    for value in given[3:]:
        constant = value.toIValue() if hasattr(value, "toIValue") else None
        if isinstance(constant, int) and not isinstance(constant, bool):
            groups = constant
            break
    transposed = "transpose" in kind
    return Need("space", shape[0] if transposed else shape[1] * groups, len(shape) - 2, layer=label)


def _recurrent(model: Any, kind: str, given: list[Any]) -> Need | None:
    weights = [v for v in given if v.node().kind() == "prim::ListConstruct"]
    for pack in weights:
        shapes = [_shape(model, v) for v in pack.node().inputs()]
        if shapes and shapes[0] and len(shapes[0]) == 2 and len(shapes) > 1:
            last = given[-1].toIValue()
            return Need(
                "sequence", shapes[0][1], batch_first=bool(last), layer="{} ({})".format(pack.debugName(), kind)
            )
    return None


def _shape(model: Any, value: Any) -> tuple[int, ...] | None:
    """Return the shape of a weight in a graph: an attribute of the model, or a constant of a frozen one."""
    node = value.node()
    if node.kind() in ("aten::t", "aten::numpy_T"):
        shape = _shape(model, next(iter(node.inputs())))
        return shape[::-1] if shape else None
    if node.kind() == "prim::Constant":
        constant = value.toIValue()
        return tuple(constant.shape) if hasattr(constant, "shape") else None
    found = _attribute(model, value)
    return tuple(found.shape) if hasattr(found, "shape") else None


def _attribute(model: Any, value: Any) -> Any:
    names = []
    node = value.node()
    while node.kind() == "prim::GetAttr":
        names.append(node.s("name"))
        value = next(iter(node.inputs()))
        node = value.node()
    if node.kind() != "prim::Param" or not names:
        return None
    found = model
    for name in reversed(names):
        found = getattr(found, name, None)
    return found


def by_placeholders(module: Any) -> list[Input] | None:
    """Return the inputs of a graph module whose placeholders carry values (torch.export); None where they don't."""
    graph: Any = getattr(module, "graph", None)
    if "torch.fx" not in sys.modules or not hasattr(graph, "nodes") or callable(graph.nodes):
        return None
    found = []
    for node in graph.nodes:
        if node.op == "placeholder":
            value = node.meta.get("val")
            if not hasattr(value, "shape"):
                return None
            found.append(_input(str(node.target), value))
    return found or None


def by_placeholders_named(module: Any, names: list[str]) -> list[Input]:
    """Return the inputs among the placeholders of an exported program, whose weights are placeholders too."""
    nodes = [n for n in module.graph.nodes if n.op == "placeholder" and n.name in names]
    return [_input(n.name, n.meta["val"]) for n in nodes if hasattr(n.meta.get("val"), "shape")]


def _input(name: str, value: Any) -> Input:
    shape, sizes = [], []
    for size in value.shape:
        fixed = isinstance(size, int)
        shape.append(size if fixed else None)
        sizes.append(int(size) if fixed else _hint(size))
    dtype = str(value.dtype).replace("torch.", "")
    means = _means(len(sizes), dtype)
    kind = "tokens" if dtype.startswith("int") else "tensor"
    if sizes and shape[0] is None:
        sizes[0] = 1
    return Input(name, dtype, tuple(shape), kind, means, tuple(sizes))


def _hint(size: Any) -> int:
    try:
        return int(size.node.hint)
    except Exception:
        return 2


def _means(rank: int, dtype: str) -> tuple[str, ...]:
    """Return what dimensions are by the custom of torch; the first is the batch."""
    if rank == 4:
        return ("batch", "channels", "height", "width")
    if rank == 3:
        return ("batch", "time", "features")
    if rank == 2:
        return ("batch", "time") if dtype.startswith("int") else ("batch", "features")
    return ("batch",) + ("",) * (rank - 1) if rank else ()
