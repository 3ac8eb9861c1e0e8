"""What recurrent layers keep of a request, however long it is: the states of convolutions, and of what they feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from doctor.memory.architecture import Architecture
from doctor.model import Unknown


def recurrent(made: Architecture) -> tuple[int, int]:
    """Return the numbers that a recurrent layer keeps: in the model's dtype, and in float32."""
    rule = made.facts["states"].get(made.model_type)
    if rule is None:
        raise Unknown(f"what recurrent layers of {made.model_type} keep isn't known")
    return _STATES[rule](made)


def _mamba(made: Architecture) -> tuple[int, int]:
    inner = _inner(made)
    return inner * _kernel(made), inner * made.number("state_size", "mamba_d_state")


def _mamba2(made: Architecture) -> tuple[int, int]:
    inner = _inner(made)
    state = made.number("state_size", "mamba_d_state", "ssm_state_size")
    groups = made.number("mamba_n_groups", "n_groups", "mamba_ngroups", instead=1)
    return (inner + 2 * groups * state) * _kernel(made), inner * state


def _inner(made: Architecture) -> int:
    """Return the width of a state space layer."""
    heads = made.value("mamba_n_heads", "mamba_num_heads", "num_heads")
    head = made.value("mamba_d_head", "mamba_head_dim", "head_dim")
    if made.model_type in {"mamba", "falcon_mamba"}:
        return made.number("intermediate_size", instead=made.number("expand", instead=2) * made.hidden)
    given = made.value("mamba_d_ssm")
    if type(given) is int and given > 0:
        return given
    if made.model_type not in {"zamba", "zamba2", "jamba"} and type(heads) is int and type(head) is int:
        return heads * head
    return made.number("mamba_expand", "expand", instead=2) * made.hidden


def _kernel(made: Architecture) -> int:
    return made.number("mamba_d_conv", "conv_kernel", "linear_conv_kernel_dim", instead=4)


def _delta(made: Architecture) -> tuple[int, int]:
    keys, values = made.number("linear_num_key_heads"), made.number("linear_num_value_heads")
    key, value = made.number("linear_key_head_dim"), made.number("linear_value_head_dim")
    return (2 * keys * key + values * value) * _kernel(made), values * key * value


def _kimi(made: Architecture) -> tuple[int, int]:
    inner = made.value("linear_attn_config")
    inner = inner if isinstance(inner, dict) else {}
    heads = inner.get("num_heads") or made.number("linear_num_heads", instead=made.heads)
    head = inner.get("head_dim") or made.number("linear_head_dim", instead=128)
    return 3 * heads * head * (inner.get("short_conv_kernel_size") or _kernel(made)), heads * head * head


def _convolution(made: Architecture) -> tuple[int, int]:
    return made.hidden * made.number("conv_L_cache", instead=3), 0


def _lightning(made: Architecture) -> tuple[int, int]:
    return made.heads * made.head * made.head, 0


def _rwkv(made: Architecture) -> tuple[int, int]:
    return 2 * made.hidden, 3 * made.number("attention_hidden_size", instead=made.hidden)


_STATES: Mapping[str, Callable[[Architecture], tuple[int, int]]] = {
    "mamba": _mamba,
    "mamba2": _mamba2,
    "delta": _delta,
    "kimi": _kimi,
    "convolution": _convolution,
    "lightning": _lightning,
    "rwkv": _rwkv,
}
