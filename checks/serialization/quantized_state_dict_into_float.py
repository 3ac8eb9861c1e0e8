"""Check: the state dict of a quantized module is loaded into one that isn't quantized."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.torchloads import seen
from doctor.torchstates import Loading, loadings

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models

_QUANTIZES = (
    "quantize",
    "quantize_dynamic",
    "quantize_",
    "convert",
    "convert_fx",
    "convert_pt2e",
    "prepare",
    "prepare_fx",
)


@check(
    title="A quantized state dict is loaded into a module that isn't quantized",
    fault="state-dict-keys",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/tutorials/recipes/recipes/dynamic_quantization.html",
    symptoms=(r"Unexpected key\(s\) in state_dict: .*_packed_params",),
    explains=("state-dict-keys-differ",),
)
def quantized_state_dict_into_float(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    Quantizing replaces layers: a quantized Linear keeps "fc._packed_params._packed_params" in place of "fc.weight".

    Such a state dict fits only a module that was quantized in the same way before: build it, quantize it, then load
    the weights.
    """
    if any(c.name.rpartition(".")[2] in _QUANTIZES for c in handler.calls()):
        return
    for loading in loadings(handler, models):
        packed = [k for k in loading.keys if k.endswith("_packed_params._packed_params")]
        own = handler.names.own_class(loading.receiver.removesuffix("()"))
        if packed and own is not None and not _knows_quantization(own[0].text):
            yield _finding(handler, loading, packed)


def _knows_quantization(text: str) -> bool:
    """Say whether the script that has the class names quantized layers."""
    return "quantized" in text and ("nn.quantized" in text or "nnq" in text)


def _finding(handler: Handler, loading: Loading, packed: list[str]) -> Finding:
    path = loading.load.file.path
    layer = packed[0].removesuffix("._packed_params._packed_params")
    return Finding(
        message=f"{path} is of a quantized module, and {loading.owner} is loaded without quantizing it first",
        evidence=(
            seen(handler, loading.call),
            Evidence(f"artifact:{path}", f"key {packed[0]!r}; {len(packed)} quantized layers"),
        ),
        fix=(
            f"model = torch.ao.quantization.quantize_dynamic({loading.owner}(...), {{torch.nn.Linear}}, "
            "dtype=torch.qint8) before load_state_dict"
        ),
        log=(
            f"RuntimeError: Error(s) in loading state_dict for {loading.owner}: "
            f'Missing key(s) in state_dict: "{layer}.weight"'
        ),
        cause=f"artifact:{path}/keys",
    )
