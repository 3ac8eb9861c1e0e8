"""What only PyTorch's formats have: torch.save files (zip and before it), TorchScript archives, safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from doctor.formats.kinds.base import Symbol, Tensor
from doctor.formats.kinds.pickled import Called, Part


class TorchSave(NamedTuple):
    """
    What torch.save wrote.

    Args:
        layout: "state-dict", "checkpoint" (a dict with a state dict or module among other things), "module" (a whole
            nn.Module), "tensor" or "other".
        keys: of the outermost dict, where they are text.
        weights: the key of a checkpoint under which its state dict or module is; "" where it is none.
        state_keys: keys of the state dict, also those whose values are no tensors.
        module: class of a whole module, its own or the one inside a checkpoint.
        attributes: the names a whole module keeps of itself (its ``__dict__``).
        optimizer: keys of a checkpoint that hold an optimizer's state.
        optimizer_bytes: tensor bytes below those keys.
        protocol: of the pickle.
        version: of the file format; "" in the format before zip.
        legacy: whether it is the format before zip.
        called: what loading calls.
        parts: PyTorch's objects in it, one of each kind: modules and what else has attributes.
    """

    layout: str
    keys: tuple[str, ...] = ()
    weights: str = ""
    state_keys: tuple[str, ...] = ()
    module: Symbol | None = None
    attributes: tuple[str, ...] = ()
    optimizer: tuple[str, ...] = ()
    optimizer_bytes: int = 0
    protocol: int = 2
    version: str = ""
    legacy: bool = False
    called: tuple[Called, ...] = ()
    parts: tuple[Part, ...] = ()


class Argument(NamedTuple):
    """One parameter of a method: ``ids`` ``Tensor``; ``required`` unless it has a default."""

    name: str
    type: str
    required: bool = True


class Forward(NamedTuple):
    """The forward of a TorchScript archive's top module, without ``self``, and where in the archive it is written."""

    arguments: tuple[Argument, ...]
    returns: str
    path: str
    line: int

    @property
    def signature(self) -> str:
        """Return ``forward(ids: Tensor, mask: Tensor) -> Tensor``."""
        inner = ", ".join(f"{a.name}: {a.type}{'' if a.required else '=...'}" for a in self.arguments)
        return f"forward({inner}) -> {self.returns}"


class Written(NamedTuple):
    """Something that the code of a TorchScript archive says: what, and the first place, with its line."""

    what: str
    path: str
    line: int
    text: str
    times: int = 1


class TorchScript(NamedTuple):
    """
    A TorchScript archive.

    Args:
        version: of the file format; 0 where the archive doesn't say.
        root: class of the top module, "__torch__.Net".
        traced: True where it holds the inputs of a trace; None where nothing tells.
        forward: of the top module, None where it has none or its code wasn't understood.
        methods: names of the top module's methods.
        devices: device literals in the code.
        operators: operators of namespaces, "torchvision::nms".
        called: PyTorch's own operators, "aten::add", and other functions that are written as they are.
        examples: the inputs it was traced with, as tensors without data.
    """

    version: int
    root: str = ""
    traced: bool | None = None
    forward: Forward | None = None
    methods: tuple[str, ...] = ()
    devices: tuple[Written, ...] = ()
    operators: tuple[Written, ...] = ()
    examples: tuple[Tensor, ...] = ()
    called: tuple[Written, ...] = ()


class Safetensors(NamedTuple):
    """A safetensors file: its free metadata, and the bytes of its header."""

    metadata: Mapping[str, str]
    header: int
