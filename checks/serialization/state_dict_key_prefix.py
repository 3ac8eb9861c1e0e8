"""Check: every key of a state dict has a wrapper's prefix, and the module that it is loaded into has no wrapper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.torchloads import seen
from doctor.torchstates import WRAPPERS, Keys, Loading, loadings

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models

_PREFIXES = {
    "module.": "DataParallel or DistributedDataParallel",
    "_orig_mod.": "torch.compile",
    "_fsdp_wrapped_module.": "FSDP",
}


@check(
    title="The keys of a state dict have the prefix of a wrapper",
    fault="state-dict-keys",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/huggingface/transformers/issues/37519",
    symptoms=(r"Unexpected key\(s\) in state_dict: \"(module|_orig_mod|_fsdp_wrapped_module)\.",),
)
def state_dict_key_prefix(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    A module saved from inside DataParallel, torch.compile or FSDP has their prefix before each of its keys.

    ``load_state_dict`` compares keys to the letter: "module.fc.weight" is not "fc.weight". Save the inner module
    (``model.module.state_dict()``), or take the prefix off before loading:
    ``{k.removeprefix("module."): v for k, v in state.items()}``. The reverse fails too: plain keys don't load into a
    model that the handler has wrapped.
    """
    keys = Keys(handler)
    for loading in loadings(handler, models):
        prefix = next((p for p in _PREFIXES if all(k.startswith(p) for k in loading.keys)), "")
        wrapped = loading.receiver in WRAPPERS
        if prefix and keys.lacks(loading.receiver.removesuffix("()"), prefix.rstrip(".")):
            yield _finding(handler, loading, prefix, Likelihood.CERTAIN)
        elif prefix and loading.receiver.startswith("torchvision.models."):
            yield _finding(handler, loading, prefix, Likelihood.LIKELY)
        elif wrapped and not any(k.startswith("module.") for k in loading.keys):
            yield _unprefixed(handler, loading)


def _finding(handler: Handler, loading: Loading, prefix: str, likelihood: Likelihood) -> Finding:
    path = loading.load.file.path
    return Finding(
        message=(
            f"all {len(loading.keys)} keys of {path} begin with {prefix!r}, put there by {_PREFIXES[prefix]}, and "
            f"{loading.owner} has no such part"
        ),
        evidence=(
            seen(handler, loading.call),
            Evidence(f"artifact:{path}", f"first key {loading.keys[0]!r}"),
        ),
        fix=f'model.load_state_dict({{k.removeprefix("{prefix}"): v for k, v in state.items()}})',
        likelihood=likelihood,
        log=(
            f"RuntimeError: Error(s) in loading state_dict for {loading.owner}: ... "
            f'Unexpected key(s) in state_dict: "{loading.keys[0]}"'
        ),
        cause=f"artifact:{path}/keys",
    )


def _unprefixed(handler: Handler, loading: Loading) -> Finding:
    path = loading.load.file.path
    return Finding(
        message=f"no key of {path} begins with 'module.', which {loading.owner} puts before each of its own",
        evidence=(
            seen(handler, loading.call),
            Evidence(f"artifact:{path}", f"first key {loading.keys[0]!r}"),
        ),
        fix="load the state dict into the module before wrapping it, or don't wrap it: serving needs no DataParallel",
        log=(
            f"RuntimeError: Error(s) in loading state_dict for {loading.owner}: "
            f'Missing key(s) in state_dict: "module.{loading.keys[0]}"'
        ),
        cause=f"artifact:{path}/keys",
    )
