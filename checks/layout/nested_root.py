"""Check: the archive wraps everything in one extra directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import directly_in, lone_folder
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target


@check(
    title="Everything in the archive sits in one extra directory",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-huggingface-inference-toolkit/issues/99",
    symptoms=(
        r"FileNotFoundError.*'/opt/ml/model/[^']+'",
        r"You need to define one of the following .* as env 'HF_TASK'",
        r"No inference script implementation was found at",
    ),
    explains=(
        "hf-task-missing",
        "default-model-file-absent",
        "handler-file-named-otherwise",
        "code-folder-misplaced",
        "savedmodel-code-inside-version-folder",
        "default-handler-needs-torchscript",
    ),
)
def nested_root(artifact: Artifact, target: Target) -> Iterator[Finding]:
    """
    The server looks for the model and for code/ at the root of the archive.

    The archive is unpacked into /opt/ml/model as it is. Packing the directory instead of its contents puts everything
    one level down: code/inference.py is then not found, the server silently falls back to its default handler, and
    the model isn't where that one looks. Pack the contents: ``tar -C model -czf model.tar.gz .``

    One top-level directory is right for TensorFlow Serving (name/1/saved_model.pb) and Triton (name/config.pbtxt),
    and nothing is said of those.
    """
    lone = lone_folder(artifact)
    if not lone or lone == "code" or lone.startswith("checkpoint-"):
        return
    if any(lone in value for value in target.variables.values()):
        return
    belongs = _belongs_at_root(artifact, lone)
    if belongs:
        yield Finding(
            message=f"everything is inside {lone}/, so {belongs} is not where the server looks for it: at the root",
            evidence=(Evidence(f"artifact:{belongs}", f"the only top-level entry of {artifact.source} is {lone}/"),),
            fix=f"tar -C {lone} -czf model.tar.gz .",
            likelihood=Likelihood.LIKELY if belongs.endswith("/config.json") else Likelihood.CERTAIN,
            log=f"FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/{belongs[len(lone) + 1 :]}'",
            cause="artifact:root",
        )


def _belongs_at_root(artifact: Artifact, lone: str) -> str:
    """Return a file that every stack that knows it wants at the root."""
    for name in ("code/inference.py", "inference.py", "MLmodel", "serving.properties"):
        if f"{lone}/{name}" in artifact:
            return f"{lone}/{name}"
    script = next((m.path for m in directly_in(artifact, f"{lone}/code") if m.path.endswith(".py")), "")
    if script:
        return script
    names = {m.path.rsplit("/", 1)[-1] for m in directly_in(artifact, lone)}
    has_weights = any(n.endswith((".safetensors", ".bin", ".index.json")) for n in names)
    return f"{lone}/config.json" if has_weights and "config.json" in names else ""
