"""Check: without a model_fn, the default handler opens the model file as TorchScript, and it is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import directly_in
from doctor.formats.kinds.torch import TorchSave
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="There is no model_fn, and the default one opens TorchScript only",
    fault="torch-file-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-pytorch-inference-toolkit/blob/v2.0.25/src/sagemaker_pytorch_serving_container/default_pytorch_inference_handler.py",
    symptoms=(r"Failed to load .*\. Please ensure model is saved using torchscript\.",),
)
def default_handler_needs_torchscript(
    models: Models, handler: Handler, artifact: Artifact, stack: str, target: Target
) -> Iterator[Finding]:
    """
    SageMaker's PyTorch server has a model_fn of its own, which can't build your class: it calls ``torch.jit.load``.

    A state dict, a checkpoint or a whole module that torch.save wrote can't be opened so. Write a model_fn in
    code/inference.py that builds the model and loads the weights, or save it as TorchScript:
    ``torch.jit.script(model.eval()).save("model.pt")``.
    """
    if stack != "pytorch" or handler.defines("model_fn") is not False or _own_program(handler, target):
        return
    path = _default_file(artifact)
    file = models.at(path) if path else None
    if file is None or not isinstance(file.facts, TorchSave):
        return
    script = handler.entry.path if handler.entry else "code/inference.py"
    absent = f"defines {', '.join(handler.hooks) or 'no hook'}; no model_fn" if handler.entry else "not in the artifact"
    yield Finding(
        message=f"there is no model_fn, and the default one can't open {path}, a {file.facts.layout} of torch.save",
        evidence=(
            Evidence(f"artifact:{script}", absent),
            Evidence(f"artifact:{path}", f"{file.format}, no TorchScript"),
        ),
        fix=(
            "def model_fn(model_dir):\n    model = YourModel()\n    model.load_state_dict("
            f'torch.load(os.path.join(model_dir, "{path}"), map_location="cpu"))\n    return model.eval()'
        ),
        log=f"ModelLoadError: Failed to load /opt/ml/model/{path}. Please ensure model is saved using torchscript.",
        cause=f"artifact:{path}/loader",
    )


def _own_program(handler: Handler, target: Target) -> bool:
    """Say whether a script that isn't seen here, or one with a handler of its own, does the loading."""
    named = not handler and bool(target.variables.get("SAGEMAKER_PROGRAM"))
    return named or any(name in handler.hooks for name in ("handle", "handler"))


def _default_file(artifact: Artifact) -> str:
    if "model.pt" in artifact:
        return "model.pt"
    found = [m.path for m in directly_in(artifact, "") if m.path.endswith((".pt", ".pth"))]
    return found[0] if len(found) == 1 else ""
