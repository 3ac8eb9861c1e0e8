"""Which modules are surely imported when the model serves: by the handler's scripts, and by what its models name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
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


def own(module: str, handler: Handler, artifact: Artifact) -> bool:
    """Say whether the artifact may give a module itself, wherever in it."""
    if module in handler.names.by_module:
        return True
    top = module.split(".", maxsplit=1)[0]
    files = (f"/{m.path}" for m in artifact.files())
    return any(f"/{top}/" in path or path.endswith((f"/{top}.py", f"/{top}.so")) for path in files)


def instead(module: str, name: str) -> str:
    """Return what to write in place of a name that is gone, "" where nobody says."""
    written: str = load("symbols/moved")["names"].get(f"{module}.{name}", "")
    return written


def first_of(top: str, used: dict[str, Evidence]) -> Evidence | None:
    """Return where a top-level module, or anything below it, is imported; None where it isn't."""
    return next((seen for name, seen in used.items() if name == top or name.startswith(top + ".")), None)
