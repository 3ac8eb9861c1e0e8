"""Check: the model was loaded as the server would, and an exception came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target
    from doctor.trials.values import Failure, Step


@check(
    title="The model doesn't load",
    fault="load-failure",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/adapt-inference-container.html",
)
def model_does_not_load(load: Step, artifact: Artifact, target: Target) -> Iterator[Finding | Unknown]:
    """
    The handler was imported and its model_fn called, or what the serving stack has in its place; it raised.

    That happens in each worker of the endpoint too: none becomes ready, and the endpoint fails or answers nothing.
    The finding has the traceback's own place in the artifact and the exception's text. Where the sandbox may be the
    reason (no network, fewer rights, a variable that wasn't given), nothing is found, and that is said.
    """
    from doctor.trials import proof, remedies

    failure = load.failure
    if failure is None:
        return
    if doubt := proof.doubt(load, target) or _own_handler(failure, artifact):
        yield Unknown(f"loading raised {_short(failure.line)}, which proves nothing: {doubt}")
        return
    doing = "importing the handler" if failure.phase == "import" else "loading the model"
    where = failure.where or "the serving stack's own code"
    yield Finding(
        message=f"{doing} fails at {where}: {_short(failure.line)}",
        evidence=(Evidence("trial:load", _placed(failure)), *_quoted(failure), *_causes(failure)),
        fix=remedies.remedy(failure, artifact),
        log=failure.line,
        cause="trial:load",
    )


def _own_handler(failure: Failure, artifact: Artifact) -> str:
    """An image on the sagemaker-inference toolkit that serves without a script has a handler service of its own."""
    asks = failure.type == "NotImplementedError" and "sagemaker.readthedocs.io" in failure.message
    scripts = any(m.path.endswith(".py") for m in artifact.files())
    return "the artifact has no script, and the image may have a handler of its own" if asks and not scripts else ""


def _quoted(failure: Failure) -> Iterator[Evidence]:
    from doctor.trials.remedies import source_line

    if failure.where and (line := source_line(failure)):
        yield Evidence(f"artifact:{failure.where}", line)


def _causes(failure: Failure) -> Iterator[Evidence]:
    yield from (Evidence("trial:load", f"raised from {_short(cause)}") for cause in failure.causes[:2])


def _placed(failure: Failure) -> str:
    return _short(failure.line) + (f" ({failure.where})" if failure.where else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:299]}…"
