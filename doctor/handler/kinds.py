"""What kind of value a dotted name stands for: a torch module, a tensor, a NumPy array, plain JSON."""

from __future__ import annotations

from doctor.facts import load
from doctor.handler.names import Names


class Kinds:
    """Tells kinds of values by the names of what makes them (``doctor/facts/handler_kinds.json``)."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._facts = load("handler_kinds")

    def module(self, name: str) -> bool:
        """Say whether a name is surely a torch module: its own class, a layer, or a loaded TorchScript."""
        made = _without(name, self._facts["keeps_module"])
        if not made.endswith("()"):
            return False
        made = made.removesuffix("()")
        return made in self._facts["modules"] or made.startswith("torch.nn.") or self.own_module(made)

    def own_module(self, name: str) -> bool:
        """Say whether a name is a class of the handler's own that derives from torch.nn.Module."""
        return any(b in self._facts["module_bases"] for b in self._names.bases(name))

    def loaded(self, name: str) -> bool:
        """Say whether a name is what torch.load returned, be it a module or a state dict."""
        return _without(name, self._facts["keeps_module"]) == "torch.load()"

    def answer(self, name: str) -> bool:
        """Say whether a name is what calling a torch module returned."""
        return name.endswith("()()") and self.module(name.removesuffix("()"))

    def answered(self, name: str) -> str:
        """Return the answer of a torch module that a name is, or is made from by a tensor's methods; "" for others."""
        made = _without(name, self._facts["keeps_tensor"])
        return made if self.answer(made) else ""

    def tensor(self, name: str) -> bool:
        """Say whether a name is surely a tensor, the answer of a module aside."""
        made = _without(name, self._facts["keeps_tensor"])
        return made.endswith("()") and made.removesuffix("()") in self._facts["tensors"]

    def array(self, name: str) -> bool:
        """Say whether a name is surely a NumPy array."""
        made = _without(name, self._facts["keeps_array"])
        if made.endswith(".numpy()"):
            base = made.removesuffix(".numpy()")
            return self.tensor(base) or self.answer(_without(base, self._facts["keeps_tensor"]))
        return made.endswith("()") and made.removesuffix("()") in self._facts["arrays"]

    def predicted(self, name: str) -> str:
        """Return the loader of the model whose ``predict`` a name is the answer of, "" for anything else."""
        base, _, method = _without(name, self._facts["keeps_array"]).removesuffix("()").rpartition(".")
        return base if method in self._facts["array_predicts"] else ""


def _without(name: str, methods: list[str]) -> str:
    """Return a name without the calls of such methods at its end."""
    while True:
        base, dot, last = name.removesuffix("()").rpartition(".")
        if not dot or last not in methods or not base.endswith("()"):
            return name
        name = base
