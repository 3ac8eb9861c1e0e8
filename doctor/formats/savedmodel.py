"""
Reads the graph file of a TensorFlow SavedModel, and graphs alone: versions, tags, signatures and operators, no weights.

The messages and the field numbers are those of
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_model.proto and meta_graph.proto,
and of graph.proto, function.proto and node_def.proto in tensorflow/core/framework.
"""

from __future__ import annotations

from collections.abc import Sized

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile, Port
from doctor.formats.kinds.savedmodel import Operator, SavedModel, Signature
from doctor.formats.kinds.tensorflow import Graph
from doctor.formats.protobuf import Large, Message, Value, fields, message, number, pair, text
from doctor.formats.stream import Stream

MOST = 200_000  # functions, operators, signatures: what a file may claim of each

DTYPES = (
    "", "float32", "float64", "int32", "uint8", "int16", "int8", "string", "complex64", "int64", "bool", "qint8",
    "quint8", "qint32", "bfloat16", "qint16", "quint16", "uint16", "complex128", "float16", "resource", "variant",
    "uint32", "uint64", "float8_e5m2", "float8_e4m3fn",
)  # fmt: skip

# First bytes of attributes that are a string, number, flag, dtype, shape or tensor.
_PLAIN = frozenset({b"\x12", b"\x18", b"\x25", b"\x28", b"\x30", b"\x3a", b"\x42", b""})
_VARIABLES = frozenset({"VarHandleOp", "Variable", "VariableV2", "AutoReloadVariable"})
_RESTORES = frozenset({"RestoreV2", "Restore", "RestoreSlice"})


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return the graph file of a SavedModel, or a graph alone; Unreadable where the bytes are none."""
    if not size or stream.at_end():
        raise Unreadable("an empty file")
    if path.rsplit("/", 1)[-1] != "saved_model.pb":
        return _alone(stream, path, size)
    if stream.peek(1) == b"\x0a":  # the first field is a message: a node of a GraphDef, not the schema's number
        return _frozen(stream, path, size)
    graphs = [_metagraph(message(part)) for field, part in fields(Large(stream, None)) if field == 2]
    chosen = next((g for g in graphs if "serve" in g.tags), graphs[0] if len(graphs) == 1 else _MetaGraph())
    version = next((g.version for g in graphs if g.version), "")
    serving = chosen.signatures.get("serving_default")
    facts = SavedModel(
        version,
        tuple(tuple(g.tags) for g in graphs),
        tuple(chosen.signatures.values()),
        chosen.graph.operators(),
        tuple(chosen.assets),
        chosen.graph.restores(),
        chosen.graph.variables,
        called=chosen.called,
        keras=chosen.keras,
    )
    return ModelFile(
        path,
        "savedmodel",
        size,
        {"tensorflow": version} if version else {},
        inputs=serving.inputs if serving else (),
        outputs=serving.outputs if serving else (),
        facts=facts,
    )


class _Graph:
    """The operators of a GraphDef, by the body they are in; "" is the main graph."""

    def __init__(self) -> None:
        self.used: dict[str, set[str]] = {"": set()}
        self.calls: dict[str, set[str]] = {"": set()}
        self.variables = 0

    def restores(self) -> bool:
        return not _RESTORES.isdisjoint(self.used[""].union(*(self.used[f] for f in self.reached())))

    def reached(self) -> dict[str, None]:
        """Return the functions that the main graph leads to, nearest first."""
        found: dict[str, None] = {}
        waiting = [""]
        for body in waiting:
            for name in sorted(self.calls[body] | self.used[body]):
                if name in self.used and name not in found and name:
                    found[name] = None
                    waiting.append(name)
        return found

    def operators(self) -> tuple[Operator, ...]:
        met: dict[str, Operator] = {}
        reached = self.reached()
        others = (name for name in self.used if name and name not in reached)
        for function, leads in [("", True), *((f, True) for f in reached), *((f, False) for f in others)]:
            for name in sorted(self.used[function]):
                if name not in self.used:
                    met.setdefault(name, Operator(name, function, leads))
        return tuple(met.values())


class _MetaGraph:
    """One MetaGraphDef, what was met of it so far."""

    def __init__(self) -> None:
        self.version = ""
        self.tags: list[str] = []
        self.graph = _Graph()
        self.signatures: dict[str, Signature] = {}
        self.assets: list[str] = []
        self.called: bool | None = None
        self.keras = False


def _frozen(stream: Stream, path: str, size: int) -> ModelFile:
    graph = _graph(Large(stream, None))
    if not graph.used[""]:
        raise Unreadable("neither a SavedModel nor a GraphDef")
    return ModelFile(path, "savedmodel", size, {}, facts=SavedModel("", (), operators=graph.operators(), frozen=True))


def _alone(stream: Stream, path: str, size: int) -> ModelFile:
    graph = _graph(Large(stream, None))
    if not graph.used[""]:
        raise Unreadable("no GraphDef: it has no node")
    facts = Graph(tuple(o.name for o in graph.operators()), graph.variables)
    return ModelFile(path, "tensorflow-graph", size, {}, facts=facts)


def _metagraph(metagraph: Message) -> _MetaGraph:
    made = _MetaGraph()
    for field, part in fields(metagraph):
        if field == 1:
            _meta_info(made, message(part))
        elif field == 2:
            made.graph = _graph(message(part))
        elif field == 5:
            name, signature = pair(part)
            _bound(made.signatures)
            made.signatures[name] = _signature(name, signature)
        elif field == 6:
            _bound(made.assets)
            made.assets += [text(p) for f, p in fields(message(part)) if f == 2]
        elif field == 7:
            made.called, made.keras = _root(message(part))
    return made


def _meta_info(made: _MetaGraph, info: Message) -> None:
    for field, part in fields(info):
        if field == 4:
            _bound(made.tags)
            made.tags.append(text(part))
        elif field == 5:
            made.version = text(part)


def _root(objects: Message) -> tuple[bool | None, bool]:
    """Say whether the first object, the one that loading returns, has a child ``__call__``, and is Keras's."""
    for field, root in fields(objects):
        if field == 1:
            called = keras = False
            for inner, part in fields(message(root)):
                if inner == 1:
                    called = called or _child(message(part)) == "__call__"
                elif inner == 4:
                    keras = _name_of(message(part)).startswith("_tf_keras")
            return called, keras
    return None, False


def _child(reference: Message) -> str:
    return next((text(part) for field, part in fields(reference) if field == 2), "")


def _graph(graph: Message) -> _Graph:
    made = _Graph()
    for field, part in fields(graph):
        if field == 1:
            _node(made, "", message(part))
        elif field == 2:
            for inner, function in fields(message(part)):
                if inner == 1:
                    _function(made, message(function))
    return made


def _function(made: _Graph, function: Message) -> None:
    name = ""
    for field, part in fields(function):
        if field == 1:
            name = _name_of(message(part)) or "?"  # "" is the main graph
            _bound(made.used)
            made.used.setdefault(name, set())
            made.calls.setdefault(name, set())
        elif field == 3 and name:
            _node(made, name, message(part))


def _name_of(signature: Message) -> str:
    return next((text(part) for field, part in fields(signature) if field == 1), "")


def _node(made: _Graph, body: str, node: Message) -> None:
    for field, part in fields(node):
        if field == 2:
            operator = text(part)
            _bound(made.used[body])
            made.used[body].add(operator)
            made.variables += not body and operator in _VARIABLES
        elif field == 5 and not _plain(part):
            _called(made.calls[body], pair(part)[1])


def _plain(attribute: Value) -> bool:
    """Say whether an attribute surely names no function, by its first bytes: most do not, and here most time goes."""
    if not isinstance(attribute, bytes) or attribute[:1] != b"\x0a" or attribute[1:2] >= b"\x80":
        return False
    at = 2 + int.from_bytes(attribute[1:2], "big")  # key, then the value's tag, its length (one byte), its first tag
    return (
        attribute[at : at + 1] == b"\x12"
        and attribute[at + 1 : at + 2] < b"\x80"
        and attribute[at + 2 : at + 3] in _PLAIN
    )


def _called(calls: set[str], attribute: Message) -> None:
    """Note the functions that an attribute names: alone (field 10) or in a list (field 1, then 9)."""
    for field, part in fields(attribute):
        if field == 10:
            _bound(calls)
            calls.add(_name_of(message(part)))
        elif field == 1:
            _called_of_list(calls, message(part))


def _called_of_list(calls: set[str], values: Message) -> None:
    for field, part in fields(values):
        if field == 9:
            _bound(calls)
            calls.add(_name_of(message(part)))


def _signature(name: str, signature: Message) -> Signature:
    inputs: list[Port] = []
    outputs: list[Port] = []
    method = ""
    for field, part in fields(signature):
        if field in {1, 2}:
            ports = inputs if field == 1 else outputs
            _bound(ports)
            ports.append(_port(*pair(part)))
        elif field == 3:
            method = text(part)
    return Signature(name, tuple(sorted(inputs)), tuple(sorted(outputs)), method)


def _port(name: str, info: Message) -> Port:
    dtype, shape = "", None
    for field, part in fields(info):
        if field == 2:
            code = number(part)
            dtype = DTYPES[code] if 0 <= code < len(DTYPES) else f"type {code}"
        elif field == 3:
            shape = _shape(message(part))
    return Port(name, dtype, shape)


def _shape(shape: Message) -> tuple[int | str | None, ...] | None:
    dimensions: list[int | None] = []
    for field, part in fields(shape):
        if field == 3 and part:
            return None
        if field == 2:
            if len(dimensions) >= 64:
                raise Unreadable("an input or output of more than 64 dimensions")
            dimensions.append(_dimension(message(part)))
    return tuple(dimensions)


def _dimension(dimension: Message) -> int | None:
    size: Value = 0
    for field, part in fields(dimension):
        if field == 1:
            size = part
    found = number(size)
    return None if found < 0 else found


def _bound(kept: Sized) -> None:
    if len(kept) >= MOST:
        raise Unreadable(f"claims more than {MOST} of one thing")
