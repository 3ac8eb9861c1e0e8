"""Check: the keys of a state dict are not those of the module class that it is loaded into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.torch import TorchSave
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.torchloads import seen
from doctor.torchstates import Keys, Loading, loadings

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models

_OF_OTHERS = ("module.", "_orig_mod.", "_fsdp_wrapped_module.")  # state-dict-key-prefix tells of these


@check(
    title="The keys of a state dict are not those of the module",
    fault="state-dict-keys",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict",
    symptoms=(r"Error\(s\) in loading state_dict for \w+", r"(Missing|Unexpected) key\(s\) in state_dict"),
)
def state_dict_keys_differ(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    ``load_state_dict`` wants the very keys that the module's own parameters and buffers have.

    The class in code/ has other layers, or other names for them, than the one that was trained; or the file is a
    checkpoint whose state dict is one level down. Keys are compared only where the class's source gives them exactly.
    Pack the class as it was when the weights were saved; of a checkpoint, pass the part that is the state dict.
    """
    known = Keys(handler)
    for loading in loadings(handler, models):
        if any("_packed_params" in k or k.startswith(_OF_OTHERS) for k in loading.keys):
            continue
        expected = known.of(loading.receiver.removesuffix("()"))
        if expected is None:
            continue
        missing = [k for k in sorted(expected) if k not in loading.keys and not k.endswith("num_batches_tracked")]
        surplus = [k for k in loading.keys if k not in expected and not k.endswith("_extra_state")]
        if missing or surplus:
            yield _finding(handler, loading, missing, surplus)


def _finding(handler: Handler, loading: Loading, missing: list[str], surplus: list[str]) -> Finding:
    path, held = loading.load.file.path, loading.load.file.facts
    below = held.weights if isinstance(held, TorchSave) and not loading.key else ""
    differs = [f"lacks {_few(missing)}"] * bool(missing) + [f"has {_few(surplus)} too many"] * bool(surplus)
    fix = f"build {loading.owner} with the layers that it had when the weights were saved"
    if below:
        fix = f"model.load_state_dict(checkpoint[{below!r}])"
    said = [f"Missing key(s) in state_dict: {_quoted(missing)}."] * bool(missing)
    said += [f"Unexpected key(s) in state_dict: {_quoted(surplus)}."] * bool(surplus)
    return Finding(
        message=f"{path} doesn't fit {loading.owner}: it {' and '.join(differs)}",
        evidence=(
            seen(handler, loading.call),
            Evidence(f"artifact:{path}", f"keys {_few(list(loading.keys))}"),
        ),
        fix=fix,
        log=f"RuntimeError: Error(s) in loading state_dict for {loading.owner}: {' '.join(said)}",
        cause=f"artifact:{path}/keys",
    )


def _few(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")


def _quoted(keys: list[str]) -> str:
    return ", ".join(f'"{k}"' for k in keys[:6]) + (", ..." if len(keys) > 6 else "")
