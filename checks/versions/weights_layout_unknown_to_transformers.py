"""Check: the weights are split, or in safetensors, and the serving transformers looks for pytorch_model.bin alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import facts
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import Loaded, folder_of, loads

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The serving transformers doesn't know how the weights are laid out",
    fault="weights-layout-unknown-to-image",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/huggingface/transformers/issues/21402",
    symptoms=(
        r"Error no file named pytorch_model\.bin.* found in directory",
        r"Could not load model .* with any of the following classes",
    ),
)
def weights_layout_unknown_to_transformers(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Weights in several files need transformers 4.18, and safetensors needs 4.23 and the package safetensors.

    Older releases look for one pytorch_model.bin. Raise transformers in code/requirements.txt, or save the weights as
    they were then: ``model.save_pretrained(folder, safe_serialization=False, max_shard_size="100GB")``.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        layout = _layout(found[1]) if found is not None and loaded.model else ""
        version = serving.version("transformers") if layout else None
        if found is None or not layout or version is None:
            continue
        row = facts.load("transformers_weights")["layouts"][layout]
        if version.release <= _release(row["before"]):
            yield _finding(found[1], layout, row, loaded, serving)
        elif version.release < _release(row["since"]):
            yield Unknown(f"whether transformers {version} loads {layout} weights was not measured")
        elif layout == "safetensors" and version.release < (4, 30) and serving.version("safetensors") is None:
            yield _finding(found[1], layout, row, loaded, serving, package="safetensors")


def _layout(model: Pretrained) -> str:
    """Return "safetensors" or "sharded" where there are weights for PyTorch in no other layout, else ""."""
    names = {path.rsplit("/", 1)[-1] for path in model.weights}
    if "pytorch_model.bin" in names or model.adapter or model.pipeline:
        return ""
    if any(i.path.endswith(".bin.index.json") and not i.missing for i in model.indexes):
        return "sharded"
    return "safetensors" if any(n == "model.safetensors" or n.startswith("model-0") for n in names) else ""


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _finding(
    model: Pretrained, layout: str, row: dict[str, str], loaded: Loaded, serving: Environment, package: str = ""
) -> Finding:
    weights = next((i.path for i in model.indexes), "") or next(p for p in model.weights if p.endswith(".safetensors"))
    version = serving.packages.get("transformers", "")
    what = "the weights are in several files" if layout == "sharded" else f"the weights are in {weights}"
    why = (
        f"the package {package} is not installed" if package else f"transformers {version} looks for pytorch_model.bin"
    )
    fix = package or f"transformers>={row['since']}"
    return Finding(
        message=f"{what}, and {why}",
        evidence=(
            Evidence(f"artifact:{weights}", f"{layout}; no pytorch_model.bin beside it"),
            serving.evidence(package or "transformers"),
            loaded.evidence,
        ),
        fix=f"echo '{fix}' >> code/requirements.txt",
        log=f"{row['error']} /opt/ml/model/{model.folder}".rstrip("/"),
        cause=f"serving:pkg/{package or 'transformers'}",
    )
