"""
Reads ONNX: the versions, the inputs and outputs, the operators, and where the weights are; never the weights.

The messages and the field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sized

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile, Port, Tensor
from doctor.formats.kinds.onnx import External, Life, Onnx, Use
from doctor.formats.onnxnodes import Node, Nodes
from doctor.formats.protobuf import Large, Message, Value, fields, message, number, numbers, text
from doctor.formats.stream import Stream

DEEPEST = 40  # graphs within graphs
MOST = 200_000  # tensors, ports, operators, functions: what a file may claim of each

DTYPES = (
    "", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64",
    "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2",
    "float8_e5m2fnuz", "uint4", "int4", "float4_e2m1fn", "float8_e8m0fnu", "uint2", "int2",
)  # fmt: skip

# What the producer's name is as a distribution.
_PRODUCERS = {
    "pytorch": "torch",
    "skl2onnx": "skl2onnx",
    "tf2onnx": "tf2onnx",
    "onnxmltools": "onnxmltools",
    "keras2onnx": "keras2onnx",
}


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return an ONNX model; Unreadable where the bytes are none."""
    if stream.peek(8)[4:8] == b"ORTM":
        raise Unreadable("a model in ONNX Runtime's own format (ORT), which is not read")
    model = _Model()
    for field, value in fields(Large(stream, None)):
        take = _OF_MODEL.get(field)
        if take is not None:
            take(model, value)
    if not model.ir_version and not model.opsets:
        raise Unreadable("neither an IR version nor an operator set: not an ONNX model")
    return model.file(path, size)


class _Model:
    """What was met so far."""

    def __init__(self) -> None:
        self.ir_version = 0
        self.producer = ""
        self.version = ""
        self.opsets: dict[str, int] = {}
        self.metadata: dict[str, str] = {}
        self.inputs: list[Port] = []
        self.outputs: list[Port] = []
        self.tensors: list[Tensor] = []
        self.operators: set[tuple[str, str]] = set()
        self.functions: dict[tuple[str, str], None] = {}
        self.external: dict[str, External] = {}
        self.types: set[str] = set()
        self.values: dict[str, str] = {}  # type by name, in the main graph
        self.shaped: dict[str, Port] = {}  # values of the main graph whose shape is noted
        self.nodes = Nodes()

    def file(self, path: str, size: int) -> ModelFile:
        stored = {t.name for t in self.tensors}
        used: dict[str, list[str]] = {}
        for domain, name in sorted(self.operators.difference(self.functions)):
            used.setdefault(domain, []).append(name)
        distribution = _PRODUCERS.get(self.producer.lower())
        version = self.version.split(" ")[0]
        return ModelFile(
            path,
            "onnx",
            size,
            {distribution: version} if distribution and version else {},
            inputs=tuple(p for p in self.inputs if p.name not in stored),  # before IR 4 weights were inputs too
            outputs=tuple(self.outputs),
            tensors=tuple(self.tensors),
            facts=Onnx(
                self.ir_version,
                f"{self.producer} {self.version}".strip(),
                self.opsets,
                {domain: tuple(names) for domain, names in used.items()},
                tuple(self.functions),
                tuple(self.external.values()),
                self.metadata,
                tuple(sorted(self.types - {""})),
                self._uses(stored),
                *self._lives(),
            ),
        )

    def _lives(self) -> tuple[tuple[Life, ...], int]:
        ports = {**self.shaped, **{p.name: p for p in self.outputs if p.shape is not None}}
        lives, made = self.nodes.lives(ports, {p.name for p in self.outputs})
        return tuple(lives), made

    def _uses(self, stored: set[str]) -> tuple[Use, ...]:
        given = {p.name for p in self.inputs if p.name not in stored}
        return tuple(self.nodes.uses(self.values, given, {p.name for p in self.outputs}, self.functions.keys()))


def _ir_version(model: _Model, value: Value) -> None:
    model.ir_version = number(value)


def _producer(model: _Model, value: Value) -> None:
    model.producer = text(value)


def _version(model: _Model, value: Value) -> None:
    model.version = text(value)


def _opset(model: _Model, value: Value) -> None:
    domain, version = "", 0
    for field, part in fields(message(value)):
        if field == 1:
            domain = text(part)
        elif field == 2:
            version = number(part)
    _bound(model.opsets)
    model.opsets[_domain(domain)] = version


def _property(model: _Model, value: Value) -> None:
    _bound(model.metadata)
    key, held = _entry(value)
    model.metadata[key] = held


def _function(model: _Model, value: Value) -> None:
    name = domain = ""
    for field, part in fields(message(value)):
        if field == 1:
            name = text(part)
        elif field == 7:
            _node(model, message(part), 1)
        elif field == 10:
            domain = text(part)
    _bound(model.functions)
    model.functions[_domain(domain), name] = None


def _main_graph(model: _Model, value: Value) -> None:
    _graph(model, message(value), 0)


_OF_MODEL: dict[int, Callable[[_Model, Value], None]] = {
    1: _ir_version,
    2: _producer,
    3: _version,
    7: _main_graph,
    8: _opset,
    14: _property,
    25: _function,
}


def _graph(model: _Model, graph: Message, depth: int) -> None:
    if depth > DEEPEST:
        raise Unreadable(f"graphs within graphs, {depth} deep")
    for field, part in fields(graph):
        if field == 1:
            _node(model, message(part), depth)
        elif field == 5:
            _typed(model, depth, *_initializer(model, message(part)))
        elif field in {11, 12} and not depth:
            ports = model.inputs if field == 11 else model.outputs
            _bound(ports)
            ports.append(_port(message(part)))
            _typed(model, depth, ports[-1].name, ports[-1].dtype)
        elif field == 13:
            port = _port(message(part))
            _typed(model, depth, port.name, port.dtype)
            if not depth and port.shape is not None and len(model.shaped) < MOST:
                model.shaped[port.name] = port


def _typed(model: _Model, depth: int, name: str, dtype: str) -> None:
    """Note the type of a value of a graph."""
    model.types.add(dtype)
    if not depth and len(model.values) < MOST:
        model.values[name] = dtype


def _node(model: _Model, node: Message, depth: int) -> None:
    operator = domain = name = makes = ""
    inputs: list[str] = []
    outputs: list[str] = []
    for field, part in fields(node):
        if field == 1:
            inputs.append(text(part))
        elif field == 2:
            outputs.append(text(part))
        elif field == 3:
            name = text(part)
        elif field == 4:
            operator = text(part)
        elif field == 5:
            makes = _attribute(model, message(part), depth, operator) or makes
        elif field == 7:
            domain = text(part)
    _bound(model.operators)
    domain = _domain(domain)
    model.operators.add((domain, operator))
    if makes and operator == "Cast":
        model.types.add(makes)
    if not depth:
        model.nodes.note(Node(domain, operator, name, tuple(inputs), tuple(outputs), makes))


def _attribute(model: _Model, attribute: Message, depth: int, operator: str) -> str:
    """Read the graphs that an attribute holds; return the type that Cast's and Constant's says of the output."""
    name = makes = ""
    for field, part in fields(attribute):
        if field == 1:
            name = text(part)
        elif field in {6, 11}:
            _graph(model, message(part), depth + 1)
        elif operator == "Constant":
            makes = _tensor_dtype(message(part)) if field == 5 else _CONSTANTS.get(name, makes)
        elif field == 3 and operator == "Cast" and name == "to":
            makes = _dtype(number(part))
    return makes


_CONSTANTS = {
    "value_float": "float32", "value_floats": "float32", "value_int": "int64", "value_ints": "int64",
    "value_string": "string", "value_strings": "string",
}  # fmt: skip


def _tensor_dtype(tensor: Message) -> str:
    return next((_dtype(number(part)) for field, part in fields(tensor) if field == 2), "")


def _initializer(model: _Model, initializer: Message) -> tuple[str, str]:
    """Note a weight; return its name and type."""
    name, dtype = "", 0
    shape: list[int] = []
    outside: dict[str, str] = {}
    for field, part in fields(initializer):
        if field == 1:
            shape += numbers(part)
        elif field == 2:
            dtype = number(part)
        elif field == 8:
            name = text(part)
        elif field == 13:
            key, held = _entry(part)
            outside[key] = held
        elif field == 14 and part != 1:
            outside.clear()
    _bound(model.tensors)
    if len(shape) > 64 or any(d < 0 for d in shape):
        raise Unreadable(f"tensor {name!r} has the shape {shape[:8]}")
    model.tensors.append(Tensor(name, _dtype(dtype), tuple(shape)))
    if "location" in outside:
        _outside(model, name, outside)
    return name, _dtype(dtype)


def _outside(model: _Model, name: str, where: dict[str, str]) -> None:
    location = where["location"]
    end = _decimal(where.get("offset", "0")) + _decimal(where["length"]) if "length" in where else 0
    known = model.external.get(location, External(location, 0, name, 0))
    _bound(model.external)
    model.external[location] = known._replace(tensors=known.tensors + 1, end=max(known.end, end))


def _port(info: Message) -> Port:
    name, dtype, shape = "", "", None
    for field, part in fields(info):
        if field == 1:
            name = text(part)
        elif field == 2:
            dtype, shape = _type(message(part))
    return Port(name, dtype, shape)


def _type(kind: Message) -> tuple[str, tuple[int | str | None, ...] | None]:
    for field, part in fields(kind):
        if field == 1:
            return _tensor_type(message(part))
        if field in _OTHER_TYPES:
            return _OTHER_TYPES[field], None
    return "", None


_OTHER_TYPES = {4: "sequence", 5: "map", 7: "opaque", 8: "sparse", 9: "optional"}


def _tensor_type(kind: Message) -> tuple[str, tuple[int | str | None, ...] | None]:
    dtype, shape = "", None
    for field, part in fields(kind):
        if field == 1:
            dtype = _dtype(number(part))
        elif field == 2:
            shape = tuple(_dimensions(message(part)))
    return dtype, shape


def _dimensions(shape: Message) -> Iterator[int | str | None]:
    for count, (field, part) in enumerate(fields(shape)):
        if count > 64:
            raise Unreadable("an input or output of more than 64 dimensions")
        if field == 1:
            yield _dimension(message(part))


def _dimension(dimension: Message) -> int | str | None:
    for field, part in fields(dimension):
        if field == 1:
            return number(part)
        if field == 2:
            return text(part) or None
    return None


def _entry(value: Value) -> tuple[str, str]:
    key = held = ""
    for field, part in fields(message(value)):
        if field == 1:
            key = text(part)
        elif field == 2:
            held = text(part) if isinstance(part, bytes) else ""  # a property may hold a whole file: not kept
    return key, held


def _domain(name: str) -> str:
    return name or "ai.onnx"


def _dtype(code: int) -> str:
    return DTYPES[code] if 0 <= code < len(DTYPES) else f"type {code}"


def _decimal(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise Unreadable(f"an offset or length of external data is {digits[:40]!r}")
    return int(digits)


def _bound(kept: Sized) -> None:
    if len(kept) >= MOST:
        raise Unreadable(f"claims more than {MOST} of one thing")
