"""
A requirements file, line by line, as pip reads it.

The format: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from doctor.errors import Unreadable
from doctor.formats.distribution import canonical, wheel_name

_EXACT = r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[A-Za-z0-9._,\s-]*\]\s*)?==\s*([0-9][A-Za-z0-9.+!_-]*)$"
_WITH_VALUE = ("-i", "-f", "-r", "-c", "-e")
_KNOWN_OPTIONS = frozenset({
    "-i", "--index-url", "--pypi-url", "--extra-index-url", "--no-index", "-c", "--constraint", "-r", "--requirement",
    "-e", "--editable", "-f", "--find-links", "--no-binary", "--only-binary", "--prefer-binary", "--require-hashes",
    "--pre", "--trusted-host", "--use-feature", "--build-constraint", "--only-final", "--all-releases",
})  # fmt: skip
_LONGEST = 1 << 20
_LONGEST_LINE = 1 << 14
_MOST_LINES = 20_000
_MOST_FILES = 64


class Line(NamedTuple):
    """
    One logical line.

    ``kind`` is one of: requirement, url, path, editable, option, malformed. ``error`` says what pip would, for a
    malformed line; ``constraint`` marks a line of a -c file, which installs nothing by itself.
    """

    path: str
    number: int
    text: str
    kind: str
    name: str = ""  # canonical
    extras: tuple[str, ...] = ()
    specifier: str = ""  # "==1.2.3", ">=1,<2", ""
    marker: str = ""
    hashed: bool = False
    constraint: bool = False
    error: str = ""
    url: str = ""

    @property
    def pinned(self) -> str:
        """The one version that the line allows, or ""."""
        exact = self.specifier.removeprefix("===").removeprefix("==").strip()
        plain = exact and exact[0].isdigit() and not set(exact) & set("*,<>=!~ ")
        return exact if self.specifier.startswith("==") and plain else ""

    @property
    def where(self) -> str:
        """The place as evidence gives it: ``artifact:code/requirements.txt:3``."""
        return f"artifact:{self.path}:{self.number}"


def parse(path: str, data: Callable[[str], bytes]) -> tuple[Line, ...]:
    """
    Return the lines of a requirements file and of those it includes, in the order in which pip takes them.

    Args:
        path: of the file.
        data: gives the bytes of a file by its path; raises Unreadable where there is none.
    """
    return tuple(_Reading(data).file(path))


def decode(raw: bytes) -> str:
    """Return the text of a requirements file in the encodings that pip takes; Unreadable for any other."""
    utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return raw.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not {'UTF-16' if utf16 else 'UTF-8'} text: {error}") from None


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Yield number and text of each logical line: joined where it ends in ``\``, without comments and blank lines."""
    joined: list[str] = []
    start = 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        start = start if joined else number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            joined.append(line[:-1])
            continue
        joined.append(line)
        whole = "".join(joined)
        joined = []
        whole = re.sub(r"(^|\s)#.*$", "", whole).strip()
        if whole:
            yield start, whole


class _Reading:
    """Reads a file and those it includes, no more of them than anyone writes."""

    def __init__(self, data: Callable[[str], bytes]) -> None:
        self._data = data
        self._files = 0
        self._lines = 0

    def file(self, path: str, *, constraint: bool = False, seen: tuple[str, ...] = ()) -> Iterator[Line]:
        raw = self._data(path)
        self._files += 1
        if len(raw) > _LONGEST or self._files > _MOST_FILES:
            raise Unreadable(f"{path}: too long for a requirements file, or includes too many")
        try:
            text = decode(raw)
        except Unreadable as error:
            raise Unreadable(f"{path}: {error}") from None
        for number, line in logical_lines(text):
            self._lines += 1
            if self._lines > _MOST_LINES:
                raise Unreadable(f"{path}: more lines than a requirements file has")
            target = _included(line)
            if target is None:
                yield _line(path, number, line)._replace(constraint=constraint)
            else:
                name, constrains = target
                option = Line(path, number, line, "option", constraint=constraint or constrains)
                yield from self._include(option, name, (*seen, path))

    def _include(self, line: Line, name: str, seen: tuple[str, ...]) -> Iterator[Line]:
        if "://" in name:
            yield line
            return
        path = _joined(line.path.rpartition("/")[0], name)
        if path in seen:
            yield line._replace(kind="malformed", error=f"{path} includes itself")
            return
        try:
            yield from self.file(path, constraint=line.constraint, seen=seen)
        except Unreadable:
            error = f"Could not open requirements file: [Errno 2] No such file or directory: '{name}'"
            yield line._replace(kind="malformed", error=error)


def _joined(folder: str, name: str) -> str:
    if name.startswith("/opt/ml/model/"):
        return name.removeprefix("/opt/ml/model/")
    parts: list[str] = [p for p in folder.split("/") if p]
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def _included(line: str) -> tuple[str, bool] | None:
    found = re.match(r"(?:(-r|--requirement)|(-c|--constraint))[\s=]*(\S.*)$", line)
    if found is None:
        return None
    return found[3].strip(), found[2] is not None


def _line(path: str, number: int, text: str) -> Line:
    if len(text) > _LONGEST_LINE:
        return Line(path, number, text[:80], "malformed", error=f"a line of {len(text)} characters")
    exact = re.match(_EXACT, text)  # by far the commonest line: read without packaging, whose import costs 15 ms
    if exact:
        extras = tuple(e.strip() for e in (exact[2] or "").strip("[] \t").split(",") if e.strip())
        return Line(path, number, text, "requirement", canonical(exact[1]), extras, f"=={exact[3]}")
    if text.startswith("-"):
        return _option(path, number, text)
    body, hashed = _without_options(text)
    line = Line(path, number, text, "requirement", hashed=hashed)
    return _located(line, body) if _is_location(body) else _named(line, body)


def _option(path: str, number: int, text: str) -> Line:
    word = re.split(r"[\s=]", text, maxsplit=1)[0]
    if not word.startswith("--"):
        word = word[:2]
    line = Line(path, number, text, "option")
    if word not in _KNOWN_OPTIONS:
        return line._replace(kind="malformed", error=f"no such option: {word}")
    if word in {"-e", "--editable"}:
        target = text[len(word) :].lstrip(" =")
        return _located(line, target)._replace(kind="editable")
    return line


def _without_options(text: str) -> tuple[str, bool]:
    body, *options = re.split(r"(?<=\s)(?=--?[a-z])", text)
    return body.strip(), any(o.startswith("--hash") for o in options)


def _is_location(body: str) -> bool:
    head = body.split(";", maxsplit=1)[0].strip()
    if re.match(r"[A-Za-z0-9._-]+\s*(\[[^\]]*\]\s*)?@", head):
        return False
    return "://" in head or head.startswith((".", "/")) or head.endswith((".whl", ".tar.gz", ".zip"))


def _located(line: Line, body: str) -> Line:
    egg = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", body)
    name, version = wheel_name(body.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0]) if not egg else (egg[1], "")
    kind = "url" if "://" in body and not body.startswith("file:") else "path"
    specifier = f"=={version}" if version else ""
    return line._replace(kind=kind, name=canonical(name), specifier=specifier, url=body)


def _named(line: Line, body: str) -> Line:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        # pip fills in variables of the form ${NAME}; what they hold nobody can know.
        requirement = Requirement(re.sub(r"\$\{[A-Z0-9_]+\}", "x", body))
    except InvalidRequirement as error:
        return line._replace(kind="malformed", error=_as_pip(body, str(error).splitlines()[0]))
    url = requirement.url or ""
    kind = "requirement" if not url else "path" if url.startswith("file:") else "url"
    _, version = wheel_name(url.split("#")[0])
    return line._replace(
        kind=kind,
        name=canonical(requirement.name),
        extras=tuple(sorted(requirement.extras)),
        specifier=f"=={version}" if version else ",".join(sorted(str(s) for s in requirement.specifier)),
        marker=str(requirement.marker or ""),
        url=url,
    )


def _as_pip(body: str, reason: str) -> str:
    return f"Invalid requirement: {body!r}: {reason}"
