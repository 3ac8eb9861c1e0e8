"""What rules are written with: an operator's call, and the memory that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doctor.trials.probe.memory.events import Label


class Operation:
    """
    One call of an operator.

    Attributes:
        follower: the dispatch mode.
        func, args, kwargs: of the call.
    """

    def __init__(self, follower: Any, func: Any, args: Any, kwargs: Any) -> None:
        self.follower = follower
        self.func = func
        self.args = args
        self.kwargs = kwargs

    @property
    def gpu(self) -> Any:
        """The GPU that is pretended."""
        return self.follower.gpu

    def argument(self, place: int, name: str, default: Any = None) -> Any:
        """Return an argument by its place or its name."""
        return self.args[place] if place < len(self.args) else self.kwargs.get(name, default)

    def run(self) -> Any:
        """Run the operator; its results' memory is asked for now."""
        return self.follower.plain(self.func, self.args, self.kwargs)

    def track(self, *results: Any) -> None:
        """Ask for the memory of results, one after the other; what isn't a tensor is passed over."""
        self.follower.track(results, self.func)

    def malloc(self, size: int) -> int:
        """Ask for memory beside the results."""
        return int(self.follower.events.malloc(size, self.follower.named(self.func)))

    def free(self, *numbers: int) -> None:
        """Give it back."""
        for number in numbers:
            self.follower.events.free(number)

    def once(self, name: str, size: int) -> None:
        """Ask for a library's memory, which it keeps, when it is first used."""
        if name not in self.follower.workspaces:
            self.follower.workspaces[name] = size
            self.follower.events.malloc(size, Label(name))

    def seen(self) -> Any:
        """Return a context in which operators that the rule calls are followed like the program's own."""
        return self.follower


Rule = Callable[[Operation], Any]


def size_of(tensor: Any) -> int:
    """Return the bytes of a tensor's elements."""
    return int(tensor.numel()) * int(tensor.element_size())
