"""What `docker run IMAGE serve` starts: the programs that run one after the other, and the text of those in text."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from doctor.errors import Unreadable
from doctor.facts import load
from doctor.model import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.formats.kinds.elf import Elf
    from doctor.image.value import Image

ARGUMENT = "serve"
_AT_RUN_TIME = ("opt/ml/", "tmp/", "proc/", "dev/", "sys/", "run/")  # what is there comes from outside the image
_PASSES_ON = re.compile(r'^exec "?\$\{?@\}?"?$')
_CHANGES_ARGUMENTS = re.compile(r"^\s*(?:set\s+(?:--|[^-+])|shift\b)|\bserve\b|\bexec\b", re.MULTILINE)


class Program(NamedTuple):
    """
    One program that is started.

    Args:
        words: its name and arguments.
        path: of its file in the image, links followed; "" where there is none.
        named: the path by which it was found, before links were followed.
        runs: whether its file has an execute bit.
    """

    words: tuple[str, ...]
    path: str
    named: str
    runs: bool

    @property
    def name(self) -> str:
        """The last part of its name: "uvicorn" for /usr/bin/uvicorn."""
        return self.words[0].rsplit("/", 1)[-1]


def argv(image: Image) -> tuple[str, ...]:
    """Return the command line: the ENTRYPOINT and `serve`, which replaces the CMD."""
    return (*image.entrypoint, ARGUMENT)


def programs(image: Image) -> Iterator[Program]:
    """Yield the programs that are surely started, each by the one before: a wrapper, then what it executes."""
    words = argv(image)
    for _ in range(8):
        program = located(image, words)
        yield program
        following = _following(image, program)
        if not following or not program.runs:
            return
        words = following


def located(image: Image, words: tuple[str, ...]) -> Program:
    """Find a program as the engine does: by its path, or the first on PATH that may be executed."""
    name, refused = words[0], None
    for candidate in _candidates(image, name):
        path = image.resolve(candidate)
        entry = image.files.get(path)
        if entry is None or entry.kind not in {"file", "hardlink"}:
            continue
        program = Program(words, path, candidate, bool(entry.mode & 0o111))
        if program.runs:
            return program
        refused = refused or program
    return refused or Program(words, "", "", runs=False)


def _candidates(image: Image, name: str) -> list[str]:
    if "/" in name:
        return [posixpath.normpath(posixpath.join(image.working_directory, name)).strip("/")]
    return [f"{folder.strip('/')}/{name}".lstrip("/") for folder in image.path]


def comes_later(image: Image, name: str) -> bool:
    """Say whether a path is where the platform puts files when the container starts."""
    return "/" in name and _candidates(image, name)[0].startswith(_AT_RUN_TIME)


def _following(image: Image, program: Program) -> tuple[str, ...]:
    if program.name in load("container_start")["wrappers"]:
        return _after_options(program.words[1:])
    lines = [x.strip() for x in text(image, program.path).splitlines() if x.strip() and not x.lstrip().startswith("#")]
    if not lines or not _PASSES_ON.match(lines[-1]) or _CHANGES_ARGUMENTS.search("\n".join(lines[:-1])):
        return ()
    return program.words[1:]


def _after_options(words: tuple[str, ...]) -> tuple[str, ...]:
    """The command after a wrapper's own options; empty where one may take a value."""
    for at, word in enumerate(words):
        if word == "--":
            return words[at + 1 :]
        if not word.startswith("-"):
            return words[at:]
        if word not in {"-g", "-s", "-v", "-vv", "-vvv", "--single-child", "--verbose"}:
            return ()
    return ()


def text(image: Image, path: str) -> str:
    """Return a program in text; "" where it is none, or too large to have been kept."""
    try:
        return image.data(path).decode("utf-8", "replace")
    except Unreadable:
        return ""


def scripts(image: Image) -> Iterator[tuple[str, str]]:
    """Yield path and text of the scripts that start: programs, and the scripts that interpreters are given."""
    for path in read(image):
        if said := text(image, path):
            yield path, said


def read(image: Image) -> Iterator[str]:
    """Yield the paths of what is read when the container starts: scripts, and programs that may be scripts."""
    for program in programs(image):
        path = program.path
        if interpreter(program.name) and len(program.words) > 1:
            path = located(image, (posixpath.join(image.working_directory, program.words[1]),)).path
        if path and not (path == program.path and not text(image, path)):
            yield path


class Binary(NamedTuple):
    """
    A program that is no script: one that is started, or the interpreter of one that is.

    Args:
        path: of its file in the image, links followed.
        said: what it needs to be loaded.
        program: the program that is started.
        named: what it is called by, as its loader's messages have it.
    """

    path: str
    said: Elf
    program: Program
    named: str


def binaries(image: Image) -> Iterator[Binary]:
    """Yield the programs that are loaded one after the other, as far as what they need is known."""
    for program in programs(image):
        words = shebang(text(image, program.path))
        by = [words[0]] if words else []
        if words and words[0].endswith("/env") and (wanted := by_env(words[1:])):
            by.append(wanted)
        for path, named in [(located(image, (w,)).path, w) for w in by] or [(program.path, program.words[0])]:
            said = image.libraries.get(path) if program.runs else None
            if said is not None:
                yield Binary(path, said, program, named)


def shebang(text: str) -> list[str]:
    """Return the words of a #! line; the kernel doesn't take a carriage return off."""
    line = text.split("\n", 1)[0]
    return [w for w in line[2:].replace("\t", " ").split(" ") if w] if line.startswith("#!") else []


def by_env(words: list[str]) -> str:
    """Return the program that env starts, "" where its words name none."""
    return next((w for w in words if not w.startswith("-") and "=" not in w), "")


def interpreter(name: str) -> bool:
    """Say whether a program takes a script's path as its first argument."""
    return re.fullmatch(r"python[\d.]*|(?:ba|da|z)?sh", name) is not None


def refusal(image: Image, name: str, script: str, *, denied: bool = False) -> str:
    """
    Return what an interpreter says of a script that it can't open.

    Args:
        image: the image.
        name: by which the interpreter was started: its messages begin with that.
        script: as it was given to it.
        denied: whether the script is there and may not be read.
    """
    real = located(image, (name,)).path.rsplit("/", 1)[-1]
    why = "Permission denied" if denied else "No such file or directory"
    if interpreter(real) and real.startswith("python"):  # with the whole path since 3.9
        whole = posixpath.join(image.working_directory, script)
        return f"{name}: can't open file '{whole}': [Errno {13 if denied else 2}] {why}"
    if real == "busybox":
        return f"{name}: can't open '{script}': {why}"
    if real == "bash":
        return f"{name}: {script}: {why}"
    return f"{name}: 0: cannot open {script}: {why.removesuffix(' or directory')}"


def asked_program(image: Image) -> tuple[str, ...]:
    """Return the words of the one program that a shell is told to run, () where its text may do something else."""
    import shlex

    text = asked(image)
    if not text or re.search(r"[$;&|<>()`{}*?!#\n~\[\]]", text):
        return ()
    try:
        words = shlex.split(text)
    except ValueError:
        return ()
    while words and (words[0] == "exec" or re.match(r"[A-Za-z_]\w*=", words[0])):
        words = words[1:]
    builtin = words and words[0] in {"cd", ".", "source", "set", "export", "eval", "echo", "test", "if", "for", "while"}
    return () if builtin else tuple(words)


def asked(image: Image) -> str:
    """Return what a shell is told to run (`sh -c TEXT`), "" where no shell starts first."""
    words = image.entrypoint
    told = len(words) >= 3 and words[1] in {"-c", "-lc", "-ec"} and interpreter(words[0].rsplit("/", 1)[-1])
    return words[2] if told else ""


def evidence(image: Image) -> Evidence:
    """Return the observation of the ENTRYPOINT, and of the CMD that `serve` replaces."""
    if image.entrypoint:
        return Evidence("image:config/Entrypoint", shown(image.entrypoint))
    said = f", CMD {shown(image.command)}" if image.command else ""
    return Evidence("image:config/Entrypoint", f"none{said}")


def shown(words: tuple[str, ...]) -> str:
    """Write a command as a Dockerfile does: ["python", "serve.py"]."""
    import json

    return json.dumps(list(words))


def shown_path(image: Image) -> str:
    """Return the first program as the kernel's message names it: by the path that was given, or found."""
    program = located(image, argv(image))
    return program.words[0] if "/" in program.words[0] or not program.path else f"/{program.named}"


def mode(image: Image, path: str) -> Evidence:
    """Return the observation of a file's mode."""
    entry = image.files[path]
    return Evidence(f"image:{path}", f"mode {entry.mode & 0o7777:04o}, user {entry.owner}")
