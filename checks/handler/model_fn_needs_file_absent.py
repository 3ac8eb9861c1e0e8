"""Check: the handler opens a file that the artifact lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler, Opened


@check(
    title="The handler opens a file that isn't in the archive",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://sagemaker.readthedocs.io/en/stable/frameworks/pytorch/using_pytorch.html#load-a-model",
    symptoms=(
        r"FileNotFoundError: \[Errno 2\] No such file or directory: '/opt/ml/model/",
        r"ValueError: The provided filename .* does not exist",
        r"SavedModel file does not exist at",
        r"NO_SUCHFILE : Load model from",
    ),
)
def model_fn_needs_file_absent(handler: Handler, artifact: Artifact) -> Iterator[Finding]:
    """
    What the archive holds is unpacked to /opt/ml/model, and the handler opens a path there that the archive hasn't.

    The usual causes: the file was saved under another name or with another ending, or it lies in a folder. Rename it
    when you pack, or the path in the handler.
    """
    made = load("handler_contracts")["file_makers"]
    if any(c.name in made or c.name.rpartition(".")[2] in made for c in handler.calls()):
        return  # the handler itself fetches or unpacks files
    told: set[str] = set()
    for opened in handler.opened():
        path = _path(handler, opened)
        if path is None or path in told or not _surely(opened) or _there(artifact, path):
            continue
        told.add(path)
        yield _finding(handler, artifact, opened, path)


def _finding(handler: Handler, artifact: Artifact, opened: Opened, path: str) -> Finding:
    call = opened.call
    near = _near(artifact, path)
    has = ", ".join(near) or ", ".join(m.path for m in list(artifact.files())[:6]) or "no file"
    fix = f"pack {near[0]} as {path}, or open {near[0]!r} in {call.path}:{call.line}" if near else f"pack {path}"
    logs = load("handler_contracts")["absent"]
    return Finding(
        message=f"{call.path}:{call.line} opens {path}, which is not in the archive",
        evidence=(handler.seen(call.path, call.line), Evidence("artifact:/", f"holds {has}")),
        fix=fix,
        log=logs.get(call.name, logs[""]).replace("{path}", opened.text or path),
        cause=f"artifact:{path}",
    )


def _path(handler: Handler, opened: Opened) -> str | None:
    """Return the path in the artifact that is opened, None where it is elsewhere or can't be known."""
    if opened.path is not None:
        return opened.path if opened.path and not set("*?[{") & set(opened.path) else None
    started = load("handler_contracts")["working_directory"]["model"]
    if opened.relative and opened.text and handler.stack in started and not _named(opened):
        text = opened.text.removeprefix("./")
        return text if text and not set("*?[{") & set(text) and ".." not in text else None
    return None


def _named(opened: Opened) -> bool:
    """Say whether the call also takes names that are no paths: of a hub's model, of an installed one."""
    return opened.call.name.endswith(("from_pretrained", "spacy.load", "load_from_checkpoint")) or not opened.call.hooks


def _surely(opened: Opened) -> bool:
    call = opened.call
    return call.certain and not call.caught and (call.at_import or bool(call.hooks))


def _there(artifact: Artifact, path: str) -> bool:
    return path in artifact or artifact.has_folder(path)


def _near(artifact: Artifact, path: str) -> list[str]:
    """Return the files that may be meant: of the same name elsewhere, or the same kind."""
    name = path.rpartition("/")[2]
    stem, _, ending = name.rpartition(".")
    same = [m.path for m in artifact.files() if m.path.rpartition("/")[2] == name]
    kin = [m.path for m in artifact.files() if stem and m.path.rpartition("/")[2].rpartition(".")[0] == stem]
    kind = [m.path for m in artifact.files() if ending and ending != "py" and m.path.endswith(f".{ending}")]
    return (same or kin or kind)[:3]
