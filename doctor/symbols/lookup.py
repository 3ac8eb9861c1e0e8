"""
Answers whether a module, or a name in it, is there, by the files of an environment; nothing is imported.

A name is looked up as ``from module import name`` would: what the module's source binds, what it imports from others,
what its ``__getattr__`` says, the submodules beside it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from typing import Any

from doctor.symbols.conditions import UNKNOWN, value
from doctor.symbols.places import Files, Place, Sources
from doctor.symbols.reading import DYNAMIC, LARGEST, read
from doctor.symbols.values import Answer, Bound, Contents, absent, present, unknown

_DEEPEST = 24
_MOST_READ = 300
_LAZY = b"sys.modules[__name__] = _LazyModule("
_ALWAYS = {"__name__", "__doc__", "__file__", "__loader__", "__spec__", "__package__", "__builtins__", "__dict__",
           "__class__", "__cached__"}  # fmt: skip
_MAKES_MODULES = (b"sys.modules", b"__path__", b"meta_path", b"path_hooks", b"register_finder", b"LazyLoader")


class Symbols:
    """
    The modules and names of an environment.

    Args:
        roots: the folders of sys.path.
        files: the files.
        python: of the environment.
        most: files that are read at most; an answer that needs more is unknown.
    """

    def __init__(self, roots: tuple[str, ...], files: Files, python: str, most: int = _MOST_READ) -> None:
        self._files = files
        self._python = python
        self._sources = Sources(roots, files, python, most)
        self._place = self._sources.place
        self._bytes = self._sources.data
        self._read = self._sources.contents
        self._shown = self._sources.shown
        self._answers: dict[tuple[str, str], Answer] = {}

    def has(self, module: str, name: str) -> Answer:
        """
        Say whether a module has a name, dotted for attributes of what it names: ``Booster.load``.

        A module that isn't there, or whose source can't be read, has no answer: it is asked for by itself.
        """
        first, _, rest = name.partition(".")
        found = self._name(module, first, 0)
        return self._attribute(module, first, rest) if rest and found.there else found

    def listed(self, module: str, tops: tuple[str, ...], unfollowed: str = "-") -> set[str]:
        """
        Return the names that a module's source binds to things of some packages' own; has() says which are there.

        Args:
            module: dotted.
            tops: the packages.
            unfollowed: the module below which nothing is looked for that comes by ``import *``.
        """
        found: set[str] = set()
        waiting, seen = [module], {module}
        while waiting:
            at = waiting.pop()
            place = self._place(at)
            contents = self._read(at, place) if place is not None and place.path else None
            for part in (contents, contents.checked) if contents is not None else ():
                if part is not None:
                    found |= {n for n, b in part.names.items() if _is_own(b, tops, at_top=at in tops)}
                    starred = [s.module for s in part.stars if not f"{s.module}.".startswith(unfollowed)]
                    fresh = [s for s in starred if s not in seen and s.split(".")[0] in tops]
                    seen.update(fresh)
                    waiting += fresh
        return found

    def path(self, module: str) -> str:
        """Return the path of a module's source, "" where it has none."""
        place = self._place(module)
        return place.path if place is not None else ""

    def _name(self, module: str, name: str, depth: int) -> Answer:
        key = (module, name)
        if key not in self._answers:
            self._answers[key] = unknown("it leads to itself")  # while it is looked for
            self._answers[key] = self._asked(module, name, depth)
        return self._answers[key]

    def _asked(self, module: str, name: str, depth: int) -> Answer:
        place = self._place(module)
        if place is None or depth > _DEEPEST:
            return unknown(f"{module} has no source that can be read")
        if name in _ALWAYS or (name == "__path__" and place.folders):
            return present(self._shown(place.path))
        found = self._by_source(module, name, place, depth)
        if not found.there and place.folders and self._place(f"{module}.{name}") is not None:
            return present(self._shown(self.path(f"{module}.{name}")) or f"{module.replace('.', '/')}/{name}")
        if place.kind == "stub" and found.there is False:
            return unknown(f"{module} is compiled, and its stub may leave out {name}")
        return found

    def _by_source(self, module: str, name: str, place: Place, depth: int) -> Answer:
        if place.kind == "compiled":
            return unknown(f"{module} is compiled, and no stub says what is in it")
        if not place.path:
            return absent(self._shown(place.folders[0]) if place.folders else "")
        found = self._quick(place, name)
        if found is not None:
            return found
        contents = self._read(module, place)
        return self._given(module, name, contents, place, depth) if contents else unknown(f"{place.path} wasn't read")

    def _quick(self, place: Place, name: str) -> Answer | None:
        """A definition at the left margin is surely made, unless something deletes it: no need to parse for it."""
        data = self._bytes(place.path)
        word = name.encode("utf-8", "replace")
        if data is None or len(data) > LARGEST or word not in data or (b"del " in data and word in data):
            return None
        escaped = re.escape(word)
        form = (
            rb"[\"']" + escaped + rb"[\"']" if _LAZY in data else rb"(?m)^(?:(?:async )?def|class) +" + escaped + rb"\b"
        )
        found = re.search(form, data)
        return present(self._line(place, data.count(b"\n", 0, found.start()) + 1)) if found else None

    def _line(self, place: Place, line: int) -> str:
        return f"{self._shown(place.path)}:{line}"

    def _given(self, module: str, name: str, contents: Contents, place: Place, depth: int) -> Answer:
        bound = contents.names.get(name)
        if bound is not None:
            found = self._bound(bound, place, depth)
            if found.there:
                return found
        else:
            found = None
        for other in (self._starred(name, contents, place, depth), self._lazily(module, name, contents, place, depth)):
            if other.there:
                return other
            if found is None or other.there is None:
                found = other if found is None or found.there is False else found
        if found is None or found.there is False:
            found = self._dynamically(module, name, contents, place)
        return found

    def _bound(self, bound: Bound, place: Place, depth: int) -> Answer:
        if bound.sure:
            return present(self._line(place, bound.line))
        if bound.kind == "from" and self._place(bound.module) is not None:
            found = self._name(bound.module, bound.name, depth + 1)
            if found.there:
                return present(self._line(place, bound.line))
        return unknown("it is bound under a condition", self._line(place, bound.line))

    def _starred(self, name: str, contents: Contents, place: Place, depth: int) -> Answer:
        """Whether an ``import *`` brings a name."""
        unclear: Answer | None = None
        for star in contents.stars:
            found = self._by_star(star.module, name, depth + 1)
            if found and star.sure and name not in contents.removed:
                return present(self._line(place, star.line))
            if found is not False:
                why = f"it may come from {star.module} by import *"
                unclear = unknown(why, self._line(place, star.line))
        return unclear or absent(self._shown(place.path))

    def _by_star(self, module: str, name: str, depth: int) -> bool | None:
        place = self._place(module)
        if place is None:
            return None
        if place.folders and self._place(f"{module}.{name}") is not None:
            return None  # a submodule comes along once anything has imported it
        if place.path and not _may_have(name, self._bytes(place.path)):
            return False
        contents = self._read(module, place) if place.path and place.kind != "stub" else None
        if contents is None:
            return None
        exported = self._exports(name, contents, place, depth)
        if exported is False:
            return None if contents.opaque and contents.exports is None else False
        found = self._name(module, name, depth).there
        return found if exported or found is False else None

    def _exports(self, name: str, contents: Contents, place: Place, depth: int) -> bool | None:
        """Say whether ``import *`` takes a name, if it is there."""
        if contents.exports is None:
            return None if contents.exports_unclear else not name.startswith("_")
        if name in contents.exports:
            return True
        unclear = contents.exports_unclear or bool(contents.opaque and b"__all__" in (self._bytes(place.path) or b""))
        for other in (e[1:] for e in contents.exports if e.startswith("=")):
            found = self._exports_of(other, name, contents, depth)
            if found:
                return True
            unclear = unclear or found is None
        return None if unclear else False

    def _exports_of(self, written: str, name: str, contents: Contents, depth: int) -> bool | None:
        bound = contents.names.get(written.partition(".")[0])
        if bound is None or depth > _DEEPEST or "." in written:
            return None
        module = bound.module if bound.kind == "import" else f"{bound.module}.{bound.name}"
        place = self._place(module)
        other = self._read(module, place) if place is not None and place.path and place.kind != "stub" else None
        return None if other is None or place is None else self._exports(name, other, place, depth + 1)

    def _lazily(self, module: str, name: str, contents: Contents, place: Place, depth: int) -> Answer:
        """Whether a name is given only when it is asked for."""
        lacking = absent(self._shown(place.path))
        if contents.stub:
            return self._from_stub(module, name, place)
        if contents.lazy:
            return self._from_checked(name, contents, place, depth)
        asked = contents.names.get("__getattr__")
        if asked is None or place.kind == "stub":
            return lacking
        if not isinstance(asked.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return unknown("the module's __getattr__ can't be followed", self._line(place, asked.line))
        from doctor.symbols.asking import says

        said = says(asked.node, name, self._values(contents), lambda called: self._function(contents, called))
        why = "" if said is not None else f"the module's __getattr__ doesn't tell whether it gives {name}"
        return Answer(said, self._line(place, asked.line), why)

    def _from_stub(self, module: str, name: str, place: Place) -> Answer:
        path = place.path.removesuffix(".py") + ".pyi"
        data = self._bytes(path) if self._files.file(path) else None
        if data is None:
            return unknown(f"{module} takes its names from a stub that can't be read")
        stub = read(data, module, self._python)
        if name in stub.names:
            return present(f"{self._shown(path)}:{stub.names[name].line}")
        return unknown("its stub imports everything of another") if stub.stars else absent(self._shown(path))

    def _from_checked(self, name: str, contents: Contents, place: Place, depth: int) -> Answer:
        """A lazy module: what type checkers see is what it gives; its table says the same."""
        data = self._bytes(place.path) or b""
        if contents.checked is None:
            return unknown("a lazy module, and nothing says what it gives")
        bound = contents.checked.names.get(name)
        if bound is None and name.startswith("_"):
            return unknown("the object that stands for the module may have it")
        if bound is not None:
            return present(self._line(place, bound.line))
        if b"dir(" in data and self._in_dummies(name, contents, data, depth):
            return unknown("the module lists whatever another has")
        if b"define_import_structure(_file)" in data and self._beside(name, place):
            return unknown("a file beside it names it")
        return self._starred(name, contents.checked, place, depth)

    def _in_dummies(self, name: str, contents: Contents, data: bytes, depth: int) -> bool:
        """Whether a name may be in one of the modules whose ``dir()`` a lazy module lists."""
        for written in set(re.findall(rb"dir\((\w+)\)", data)):
            bound = contents.names.get(written.decode())
            module = f"{bound.module}.{bound.name}" if bound is not None and bound.kind == "from" else ""
            if module and self._name(module, name, depth + 1).there is not False:
                return True
        return False

    def _beside(self, name: str, place: Place) -> bool:
        """Whether a file beside a package's own has a word."""
        listed = getattr(self._files, "entries", None)
        if listed is None:
            return True
        word = name.encode("utf-8", "replace")
        sources = [f"{f}/{e}" for f in place.folders for e in listed(f) if e.endswith(".py")]
        return any((data := self._bytes(path)) is None or word in data for path in sources)

    def _dynamically(self, module: str, name: str, contents: Contents, place: Place) -> Answer:
        if contents.opaque:
            return unknown(contents.opaque, self._shown(place.path))
        if (above := self._from_above(module, name)) is not None:
            return unknown(f"the package may put {name} into {module}", self._shown(above))
        if contents.checked is not None and name in contents.checked.names:
            return unknown("only type checkers see it bound", self._line(place, contents.checked.names[name].line))
        if name.endswith(("__", "CAPI", "C_API")) or name.startswith(("_keras_api", "_tf_api")):
            return unknown(f"the interpreter or compiled code may give {name}", self._shown(place.path))
        return absent(self._shown(place.path))

    def _from_above(self, module: str, name: str) -> str | None:
        """Return the source of a package around a module that may give it a name, None where none does."""
        parts = module.split(".")
        for count in range(1, len(parts)):
            path = self.path(".".join(parts[:count]))
            data = (self._bytes(path) if path else None) or b""
            if b"setattr(" in data or re.search(
                rb"\." + re.escape(name.encode("utf-8", "replace")) + rb"\s*=[^=]", data
            ):
                return path
        return None

    def _values(self, contents: Contents) -> Callable[[str], Any]:
        def look(name: str) -> Any:
            bound = contents.names.get(name)
            if bound is None or not bound.sure:
                return UNKNOWN
            if bound.kind == "value" and isinstance(bound.node, ast.expr) and name not in contents.changed:
                return self._grown(name, contents, value(bound.node, look))
            if bound.kind == "from" and (place := self._place(bound.module)) is not None and place.path:
                other = self._read(bound.module, place)
                return self._values(other)(bound.name) if other is not None and other is not contents else UNKNOWN
            return UNKNOWN

        return look

    def _grown(self, name: str, contents: Contents, found: Any) -> Any:
        if name == "__all__":
            plain = contents.exports is not None and not any(e.startswith("=") for e in contents.exports)
            return tuple(contents.exports or ()) if plain and not contents.exports_unclear else UNKNOWN
        return found

    def _function(self, contents: Contents, called: str) -> Any:
        """Return a function that a module's code calls by a name, with the values of the names around it."""
        for _ in range(_DEEPEST):
            bound = contents.names.get(called)
            if bound is None or not bound.sure:
                return None
            if bound.kind == "function":
                return bound.node, self._values(contents)
            place = self._place(bound.module) if bound.kind == "from" else None
            other = self._read(bound.module, place) if place is not None and place.path else None
            if other is None:
                return None
            contents, called = other, bound.name
        return None

    def _attribute(self, module: str, first: str, rest: str) -> Answer:
        """An attribute of what a name stands for: of a submodule, or of a class whose body says so."""
        for _ in range(_DEEPEST):
            place = self._place(module)
            contents = self._read(module, place) if place is not None and place.path else None
            bound = contents.names.get(first) if contents is not None else None
            if bound is not None and bound.kind == "from" and self._place(f"{bound.module}.{bound.name}") is None:
                module, first = bound.module, bound.name
                continue
            break
        else:
            return unknown("it leads to itself")
        if bound is None or bound.kind in {"import", "from"}:
            inner = f"{module}.{first}" if bound is None else bound.module
            if bound is not None and bound.kind == "from":
                inner = f"{bound.module}.{bound.name}"
            there = self._place(inner) is not None
            return self.has(inner, rest) if there else unknown(f"what {first} stands for can't be told")
        return self._of_class(bound, rest, place)

    def _of_class(self, bound: Bound, rest: str, place: Place | None) -> Answer:
        name, _, deeper = rest.partition(".")
        body = bound.node.body if isinstance(bound.node, ast.ClassDef) else []
        found = next((n for n in body if name in _bound_by(n)), None)
        if isinstance(found, ast.stmt) and not deeper and place is not None:
            return present(self._line(place, found.lineno))
        return unknown("attributes of classes and values can't be told")


def _bound_by(node: ast.AST) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return {t.id for t in node.targets if isinstance(t, ast.Name)} if isinstance(node, ast.Assign) else set()


def _may_have(name: str, data: bytes | None) -> bool:
    """Say whether a module's source may bind a name: its word is there, or it takes names from elsewhere."""
    if data is None or name.encode("utf-8", "replace") in data:
        return True
    return any(word in data for word in (b"import *", b"__getattr__", *DYNAMIC))


def _is_own(bound: Bound, tops: tuple[str, ...], *, at_top: bool) -> bool:
    """Whether a name stands for a package's own thing, or, at its top, for one of another that it passes on."""
    if bound.kind not in {"import", "from"}:
        return True
    top = bound.module.split(".", maxsplit=1)[0]
    return bound.kind == "from" and (top in tops or (at_top and top not in sys.stdlib_module_names))


def makes_modules(data: bytes) -> bool:
    """Say whether a package's source may make submodules that have no file."""
    return any(word in data for word in _MAKES_MODULES)
