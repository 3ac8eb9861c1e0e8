"""Check: a requirements file lies where the serving stack doesn't look, and the handler needs what it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import modules, used
from doctor.errors import Unreadable
from doctor.facts import load
from doctor.formats.requirements import parse
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.requirements import Line
    from doctor.handler import Handler


@check(
    title="The requirements file is never installed",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://sagemaker.readthedocs.io/en/stable/frameworks/pytorch/using_pytorch.html#model-directory-structure",
    symptoms=(r"ModuleNotFoundError: No module named '[\w.]+'",),
    explains=("handler-imports-absent",),
)
def requirements_misplaced(
    artifact: Artifact, handler: Handler, stack: str, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    The containers install code/requirements.txt and no other file of that name.

    One at the root of the archive, or in another folder, is ignored without a word, and the handler then fails to
    import what it names. TensorFlow Serving's container ignores it as well where code/lib exists.
    """
    row = load("requirements_places")["stacks"].get(stack)
    if row is None or "MLmodel" in artifact:
        return
    wanted: str = row["path"]
    ignored = "unless" in row and artifact.has_folder(row["unless"])
    for member in list(artifact.named("requirements.txt")):
        if (member.path == wanted and not ignored) or member.path.rsplit("/", 1)[-1] != "requirements.txt":
            continue
        needed = _needed(_named(artifact, member.path), handler, serving)
        if needed is None:
            continue
        line, module, seen = needed
        why = f"{row['unless']}/ makes the container ignore {wanted}" if ignored else f"only {wanted} is installed"
        yield Finding(
            message=f"{member.path} names {line.text} for the import of {module}, but {why}",
            evidence=(seen, serving.evidence(line.name), Evidence(line.where, line.text)),
            fix=f"pip install --target {row['unless']} {line.text}" if ignored else f"mv {member.path} {wanted}",
            log=f"ModuleNotFoundError: No module named '{module}'",
            cause=f"serving:pkg/{line.name}",
        )


def _named(artifact: Artifact, path: str) -> list[Line]:
    try:
        return [line for line in parse(path, artifact.data) if line.name and not line.constraint]
    except Unreadable:
        return []


def _needed(lines: list[Line], handler: Handler, serving: Environment) -> tuple[Line, str, Evidence] | None:
    """The first line that gives a module which the handler imports and nothing else gives."""
    for made in used.imports(handler):
        if serving.finds(made.module) is not False:
            continue
        top = made.module.split(".", maxsplit=1)[0]
        givers = {*modules.givers(made.module), top.lower().replace("_", "-")}
        for line in lines:
            if line.name in givers:
                return line, made.module, handler.seen(made.path, made.line)
    return None
