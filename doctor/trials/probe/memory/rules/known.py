"""
Which operators' use of memory is known.

Held against the real allocator and the real operators' host code, request by request: those with a rule, and those that
ask for their results alone. What isn't known: workspaces inside libraries (cuDNN, cuFFT, cuSOLVER), operators of
other libraries, and those of which temporaries were seen that no rule has.
"""

from __future__ import annotations

from typing import Any

# Of libraries: results as stated, beside a workspace that only the library knows.
_LIBRARIES = (
    "convolution", "_cudnn_rnn", "cudnn_conv", "_scaled_dot_product_cudnn_attention", "_fft", "linalg_", "_linalg",
)  # fmt: skip
_UNRULED = frozenset({
    "topk", "logsumexp", "col2im", "cdist", "_cdist_forward", "_pdist_forward", "bincount", "histc", "unique",
    "_unique2", "unique_consecutive", "nonzero", "index_put", "index_put_", "_index_put_impl_", "multinomial",
    "masked_select", "kthvalue", "median", "mode", "searchsorted", "put_", "take", "cummax", "cummin", "cumprod",
    "logcumsumexp", "scatter_reduce", "segment_reduce", "_trilinear", "_ctc_loss", "grid_sampler_3d",
    "_transformer_encoder_layer_fwd", "_native_multi_head_attention", "native_batch_norm_backward", "_scaled_mm",
    "_grouped_mm", "_weight_int4pack_mm", "_weight_int8pack_mm", "_fused_moving_avg_obs_fq_helper",
})  # fmt: skip


def exact(func: Any) -> bool:
    """Say whether the results and temporaries of an operator are known to be what its rule, or its results, say."""
    namespace, name = _named(func)
    return bool(namespace == "prims" or (namespace == "aten" and name not in _UNRULED))


def hides(func: Any) -> bool:
    """Say whether a library may take a workspace for an operator, which nothing here knows."""
    namespace, name = _named(func)
    return bool(namespace == "aten" and name.startswith(_LIBRARIES))


def _named(func: Any) -> tuple[str, str]:
    namespace, _, name = func._schema.name.partition("::")  # noqa: SLF001
    return namespace, name
