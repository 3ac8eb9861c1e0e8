"""Check: weights in pickle format, which transformers refuses to load with an older PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import Loaded, folder_of, loads

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The weights are a .bin file that transformers refuses with this PyTorch",
    fault="torch-weights-only",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/huggingface/transformers/blob/v4.57.6/src/transformers/utils/import_utils.py",
    symptoms=(r"we now require users to upgrade torch to at least v2\.6", r"CVE-2025-32434"),
)
def torch_bin_refused(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    The library transformers 4.52 and later load .bin files only with PyTorch 2.6 or later.

    The older torch.load can be made to run code even with ``weights_only=True``. Safetensors files are not concerned:
    save the model again with ``model.save_pretrained(folder)``, or raise PyTorch.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        bins = _only_bins(found[1]) if found is not None and loaded.model else []
        if not bins:
            continue
        transformers, torch = serving.version("transformers"), serving.version("torch")
        if transformers is None or torch is None or torch.release >= (2, 6) or transformers.release < (4, 52):
            continue
        if transformers.release < (4, 52, 4):
            yield Unknown(f"whether transformers {transformers} refuses .bin files already was not measured")
            continue
        yield _finding(bins[0], loaded, serving)
        return


def _only_bins(model: Pretrained) -> list[str]:
    if any(w.endswith(".safetensors") for w in model.weights):
        return []
    return [w for w in model.weights if w.rsplit("/", 1)[-1].startswith("pytorch_model") and w.endswith(".bin")]


def _finding(path: str, loaded: Loaded, serving: Environment) -> Finding:
    torch, transformers = serving.packages["torch"], serving.packages["transformers"]
    return Finding(
        message=f"transformers {transformers} refuses {path} with torch {torch}: .bin files need torch 2.6",
        evidence=(
            Evidence(f"artifact:{path}", "the only weights"),
            serving.evidence("transformers"),
            serving.evidence("torch"),
            loaded.evidence,
        ),
        fix="model.save_pretrained('model', safe_serialization=True)  # then pack model.safetensors",
        log="ValueError: Due to a serious vulnerability issue in `torch.load`, even with `weights_only=True`, we now "
        "require users to upgrade torch to at least v2.6 in order to use the function.",
        cause=f"artifact:{path}",
    )
