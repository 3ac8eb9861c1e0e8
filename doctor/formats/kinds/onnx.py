"""What only an ONNX file has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from doctor.formats.kinds.base import Port


class External(NamedTuple):
    """
    A file beside the model that holds weights.

    ``location`` is relative to the model's folder; ``end`` is the byte after the last that a tensor with a stated
    length takes from it, 0 where none states one.
    """

    location: str
    tensors: int
    first: str  # name of the first tensor that lives there
    end: int


class Use(NamedTuple):
    """
    An operator on types, as nodes of the main graph that its outputs need have it.

    Args:
        domain: of the operator.
        operator: its name.
        inputs: their types, in order; "" where the file doesn't say it.
        makes: the type that the node says of its output (Cast, Constant), else "".
        through: whether a node takes an input of the model and gives an output of it.
        node: name of the first such node, often "".
    """

    domain: str
    operator: str
    inputs: tuple[str, ...]
    makes: str
    through: bool
    node: str


class Life(NamedTuple):
    """
    A value that a node of the main graph makes, of a shape that the file notes.

    Args:
        port: its name, dtype and shape.
        made: the node that makes it, by its place in the file.
        last: the last node that takes it; that of the last node for an output of the graph.
    """

    port: Port
    made: int
    last: int


class Onnx(NamedTuple):
    """
    An ONNX model.

    Args:
        ir_version: of the file format; 0 where the file says none.
        producer: "pytorch 2.13.0", as the file says.
        opsets: version by domain; the default domain is "ai.onnx".
        operators: names of the operators that nodes use, by domain, subgraphs and functions included, without calls
            of the model's own functions.
        functions: (domain, name) of the functions that the model defines.
        external: files that hold weights, in order of first use.
        metadata: the model's properties.
        types: of the weights, of values whose type is noted, and those that Cast makes.
        uses: operators with the types that they take, in the file's order; none where there are too many nodes.
        lives: values that nodes make, in the file's order, of those whose shape the file notes.
        made: how many values nodes make, whether their shape is noted or not.
    """

    ir_version: int
    producer: str
    opsets: Mapping[str, int]
    operators: Mapping[str, tuple[str, ...]]
    functions: tuple[tuple[str, str], ...] = ()
    external: tuple[External, ...] = ()
    metadata: Mapping[str, str] = {}
    types: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    lives: tuple[Life, ...] = ()
    made: int = 0
