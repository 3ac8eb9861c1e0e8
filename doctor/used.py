"""Which modules are surely imported when the model serves: by the handler's scripts, and by what its models name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence

if TYPE_CHECKING:
    from doctor.formats.source import Import
    from doctor.handler import Handler
    from doctor.models import Models


def imports(handler: Handler) -> Iterator[Import]:
    """Yield the imports of the handler's scripts that are surely made and whose failure nothing catches."""
    for made in handler.imports():
        if made.guarded:
            continue
        if not made.function:
            yield made
            continue
        function = handler.scripts[made.path].functions.get(made.function)
        if function is not None and handler.reached(function):
            yield made


def modules(handler: Handler, models: Models) -> dict[str, Evidence]:
    """Return the modules that serving imports, dotted, each with where that is seen."""
    found: dict[str, Evidence] = {}
    for made in imports(handler):
        found.setdefault(made.module, handler.seen(made.path, made.line))
    for file in models.files:
        for symbol in file.symbols:
            found.setdefault(symbol.module, Evidence(f"artifact:{file.path}", f"names {symbol}"))
    return found


def first_of(top: str, used: dict[str, Evidence]) -> Evidence | None:
    """Return where a top-level module, or anything below it, is imported; None where it isn't."""
    return next((seen for name, seen in used.items() if name == top or name.startswith(top + ".")), None)
