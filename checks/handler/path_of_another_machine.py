"""Check: the handler opens a path of the machine it was written on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler

_HOMES = ("/home/", "/Users/", "/content/", "/kaggle/", "/mnt/c/", "C:", "D:", "c:", "d:", "/dbfs/", "/gdrive/")


@check(
    title="The handler opens a path of the machine that it was written on",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"FileNotFoundError: .*'(/home/|/Users/|/content/|[A-Za-z]:)",),
)
def path_of_another_machine(handler: Handler) -> Iterator[Finding]:
    """
    In the container the model is in /opt/ml/model, and a path of the training machine is not there.

    Join file names to model_dir, the argument of model_fn. Folders of a home, a notebook service or a Windows drive
    are on no serving image.
    """
    for opened in handler.opened():
        call = opened.call
        surely = call.certain and not call.caught and (call.at_import or call.hooks)
        if (
            opened.text
            and opened.text.startswith(_HOMES)
            and not opened.text.startswith("/home/model-server")
            and surely
        ):
            name = opened.text.replace("\\", "/").rpartition("/")[2]
            yield Finding(
                message=f"{call.path}:{call.line} opens {opened.text!r}, a path of another machine",
                evidence=(handler.seen(call.path, call.line),),
                fix=f"os.path.join(model_dir, {name!r})",
                likelihood=Likelihood.LIKELY,
                log=f"FileNotFoundError: [Errno 2] No such file or directory: {opened.text!r}",
                cause=f"artifact:{call.path}:{call.line}",
            )
