"""The nodes of an ONNX model's graph, and the types of what they take as far as the file says them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import NamedTuple

from doctor.facts import load
from doctor.formats.kinds.base import Port
from doctor.formats.kinds.onnx import Life, Use

MOST = 50_000  # nodes that are noted: of a graph with more, nothing is said
LENGTH = 1 << 23  # characters of their names together
_SHAPES = ("Shape", "Size")  # what is asked for its shape alone may never be computed


class Node(NamedTuple):
    """
    A node as a graph has it.

    ``makes`` is the type that its attributes say of its output: what Cast casts to, and Constant's.
    """

    domain: str
    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    makes: str


class Nodes:
    """The nodes of one graph, in the file's order."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._length = 0

    def note(self, node: Node) -> None:
        """Keep a node; where there are too many, keep none."""
        self._length += len(node.name) + sum(map(len, node.inputs)) + sum(map(len, node.outputs))
        if self._length > LENGTH or len(self._nodes) >= MOST:
            self._length = LENGTH + 1
            self._nodes.clear()
        else:
            self._nodes.append(node)

    def uses(
        self, types: Mapping[str, str], given: Set[str], results: Set[str], own: Set[tuple[str, str]]
    ) -> list[Use]:
        """
        Return what the graph's outputs are computed with: each operator on each combination of types, once.

        Args:
            types: of the graph's values by name, as far as the file says them.
            given: names of the model's inputs.
            results: names of the model's outputs.
            own: operators that the model defines itself.
        """
        known = dict(types)
        for node in self._nodes:
            if (node.domain, node.operator) not in own:
                _type_outputs(node, known)
        found: dict[tuple[str, str, tuple[str, ...], str, bool], str] = {}
        for node in self._needed(results):
            if (node.domain, node.operator) in own:
                continue
            taken = tuple(known.get(name, "") for name in node.inputs)
            through = not given.isdisjoint(node.inputs) and not results.isdisjoint(node.outputs)
            found.setdefault((node.domain, node.operator, taken, node.makes, through), node.name)
        return [Use(*key, name) for key, name in found.items()]

    def lives(self, ports: Mapping[str, Port], results: Set[str]) -> tuple[list[Life], int]:
        """
        Return the values that nodes make whose shape is noted, and how many values nodes make.

        Args:
            ports: values whose shape the file notes, by name.
            results: names of the model's outputs.
        """
        last: dict[str, int] = dict.fromkeys(results, len(self._nodes))
        for place, node in enumerate(self._nodes):
            for name in node.inputs:
                last[name] = max(last.get(name, 0), place)
        made = [(n, place) for place, node in enumerate(self._nodes) for n in node.outputs if n]
        known = [Life(ports[n], place, last.get(n, place)) for n, place in made if n in ports]
        return known, len(made)

    def _needed(self, results: Set[str]) -> Iterator[Node]:
        wanted = set(results)
        needed = []
        for node in reversed(self._nodes):
            if not wanted.isdisjoint(node.outputs):
                needed.append(node)
                if node.operator not in _SHAPES:
                    wanted.update(filter(None, node.inputs))
        return reversed(needed)


def _type_outputs(node: Node, known: dict[str, str]) -> None:
    """Add the types of a node's outputs, as far as the operator and its inputs' types say them."""
    if node.makes and node.outputs:
        known.setdefault(node.outputs[0], node.makes)
        return
    rules: list[str] = load("onnx_outputs")["outputs"].get(f"{node.domain} {node.operator}", [])
    for n, output in enumerate(node.outputs):
        rule = rules[n] if n < len(rules) else rules[-1] if rules and rules[-1].endswith("+") else ""
        if rule and output and output not in known and (made := _by_rule(rule.rstrip("+"), node, known)):
            known[output] = made


def _by_rule(rule: str, node: Node, known: Mapping[str, str]) -> str:
    if not rule[0].isdigit():
        return rule
    places = (int(n) for n in rule.split())
    return next((t for n in places if n < len(node.inputs) and (t := known.get(node.inputs[n], ""))), "")
