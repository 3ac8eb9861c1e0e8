"""Check: a path is relative where the server doesn't start in the model's folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler


@check(
    title="A relative path is opened, and the server doesn't start in the model's folder",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"FileNotFoundError: \[Errno 2\] No such file or directory: '[^/']",),
)
def relative_model_path(handler: Handler, stack: str, artifact: Artifact) -> Iterator[Finding]:
    """
    A relative path is looked for in the working directory of the server, not in /opt/ml/model.

    TorchServe and Multi Model Server start their workers in the model's folder, and there it works; gunicorn, under
    the scikit-learn, XGBoost and TensorFlow Serving images, starts somewhere else. Join it to model_dir.
    """
    where = load("handler_contracts")["working_directory"]["elsewhere"].get(stack)
    if where is None or any(handler.calls("os.chdir")):
        return
    for opened in handler.opened():
        call = opened.call
        surely = call.certain and not call.caught and (call.at_import or call.hooks)
        if opened.text and opened.relative and surely and opened.text.removeprefix("./") in artifact:
            yield Finding(
                message=f"{opened.text!r} is looked for in {where}, not in /opt/ml/model",
                evidence=(
                    handler.seen(call.path, call.line),
                    Evidence(f"artifact:{opened.text}", "unpacked to /opt/ml/model"),
                ),
                fix=f"os.path.join(model_dir, {opened.text!r})",
                log=f"FileNotFoundError: [Errno 2] No such file or directory: {opened.text!r}",
                cause=f"artifact:{opened.text}",
            )
