"""Builds the part ``handler``: finds the serving script of an artifact and follows its imports within the artifact."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from doctor.artifact.tree import Artifact
from doctor.errors import Unreadable
from doctor.facts import load
from doctor.formats.source import Import, Script
from doctor.formats.source_reading import parse
from doctor.handler.value import Handler
from doctor.model import Evidence

_MOST_SCRIPTS = 150
_MOST_BYTES = 3 << 20


def build(artifact: Artifact, variables: Mapping[str, str], stack: str | None) -> Handler:
    """
    Return the handler of an artifact, an empty one where it has no serving script.

    Args:
        artifact: where the script is.
        variables: what the endpoint sets (SAGEMAKER_PROGRAM names the script).
        stack: the serving stack, or None where nothing tells.
    """
    entry = _entry(artifact, variables.get("SAGEMAKER_PROGRAM") or "inference.py", stack or "")
    if entry is None:
        return Handler({}, None, stack=stack or "")
    reading = _Following(artifact, entry)
    reading.follow()
    return Handler(reading.scripts, reading.scripts.get(entry), tuple(reading.unread), variables, stack or "")


def _entry(artifact: Artifact, program: str, stack: str) -> str | None:
    programs = load("handler_contracts")["programs"]
    program = program if program.endswith(".py") else f"{program}.py"
    places = [p.format(program=program) for p in programs.get(stack, programs[""])]
    return next((p for p in places if p in artifact), None) or _triton(artifact, stack)


def _triton(artifact: Artifact, stack: str) -> str | None:
    models = [m.path for m in artifact.named("/model.py")] if stack == "triton" else []
    return models[0] if len(models) == 1 else None


class _Following:
    """Reads the entry and, breadth first, every module of the artifact that a script read so far imports."""

    def __init__(self, artifact: Artifact, entry: str) -> None:
        self.artifact = artifact
        self.root = posixpath.dirname(entry)
        self.scripts: dict[str, Script] = {}
        self.unread: list[Evidence] = []
        self._waiting = [(entry, posixpath.basename(entry).removesuffix(".py"))]
        self._bytes = 0

    def follow(self) -> None:
        while self._waiting:
            path, module = self._waiting.pop(0)
            if path not in self.scripts:
                self._read(path, module)

    def _read(self, path: str, module: str) -> None:
        try:
            data = self.artifact.data(path)
        except Unreadable as error:
            self.unread.append(Evidence(f"artifact:{path}", str(error)))
            return
        self._bytes += len(data)
        if self.scripts and (len(self.scripts) >= _MOST_SCRIPTS or self._bytes > _MOST_BYTES):
            self.unread.append(Evidence(f"artifact:{path}", "more Python than is followed from the handler"))
            return
        script = parse(data, path, module)
        self.scripts[path] = script
        for imported in script.imports:
            self._waiting += self._modules(imported)

    def _modules(self, imported: Import) -> Iterator[tuple[str, str]]:
        """Yield the artifact's files that an import runs, with their module names."""
        parts = imported.module.split(".")
        wanted = [".".join(parts[: n + 1]) for n in range(len(parts))]
        wanted += [f"{imported.module}.{name}" for name in imported.names if name != "*"]
        for module in wanted:
            base = posixpath.join(self.root, *module.split("."))
            for path in (f"{base}/__init__.py", f"{base}.py"):
                if module and path in self.artifact and path not in self.scripts:
                    yield path, module
                    break
