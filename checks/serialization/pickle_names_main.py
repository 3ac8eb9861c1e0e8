"""Check: a pickle names a class or function of __main__, which is another program when it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.formats.kinds.base import Symbol
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A pickle names a class of the training script itself",
    fault="pickle-by-reference",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.python.org/3/library/pickle.html#what-can-be-pickled-and-unpickled",
    symptoms=(r"Can't get attribute '[\w.]+' on <module '__main__'",),
)
def pickle_names_main(models: Models, handler: Handler) -> Iterator[Finding | Unknown]:
    """
    A pickle stores where a class or function was defined, not its code; in a script or notebook that is __main__.

    When it serves, __main__ is the server's own program, even if inference.py has a class of that name. Put the class
    into a module of its own in code/, import it from there in training too, and train or dump again. (Only cloudpickle
    stores the code of what is in __main__.)
    """
    from doctor.pickles import loaded

    for found in loaded(models, handler):
        names = [s for s in found.file.symbols if s.module == "__main__"]
        if not names or _mends(handler):
            continue
        first = names[0].name
        yield found.told(
            Finding(
                message=f"{found.file.path} looks up {_all(names)} in __main__, the script that trained; "
                "when it serves, __main__ is the server",
                evidence=found.evidence(f"names {_all([str(s) for s in names])}"),
                fix=f"move {first} to code/{_module(first)}.py, `from {_module(first)} import {first}` in training and "
                "in inference.py, and dump again",
                likelihood=min(found.likelihood, Likelihood.LIKELY if _own_program(handler) else found.likelihood),
                log=f"AttributeError: Can't get attribute '{first}' on <module '__main__' from",
                cause=f"artifact:{found.file.path}/__main__",
            )
        )


def _all(names: list[str] | list[Symbol]) -> str:
    words = [n if isinstance(n, str) else n.name for n in names]
    return ", ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "")


def _module(name: str) -> str:
    """Return a module's name for a class: CamelCase to snake_case."""
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in name.split(".", maxsplit=1)[0])
    return words.strip("_").replace("__", "_") or "own"


def _mends(handler: Handler) -> bool:
    """Say whether the handler puts names into __main__ itself, or loads with an unpickler of its own."""
    marks = ("__main__", "find_class", "sys.modules")
    guard = ('if __name__ == "__main__"', "if __name__ == '__main__'")
    texts = [s.text for s in handler.scripts.values()]
    for line in guard:
        texts = [t.replace(line, "") for t in texts]
    return any(mark in t for t in texts for mark in marks)


def _own_program(handler: Handler) -> bool:
    """Say whether a script of the artifact may be the server's program itself."""
    return not handler.stack and any("__name__" in s.text for s in handler.scripts.values())
