"""
Recurrent layers: cuDNN's.

Where there is no GPU torch takes them apart into steps; on one, ``_cudnn_rnn`` does all of them, out of one buffer of
weights (``aten/src/ATen/native/cudnn/RNN.cpp``). cuDNN's own workspace isn't known.
"""

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules.base import Operation, size_of

_MODES = {"rnn_relu": 0, "rnn_tanh": 1, "lstm": 2, "gru": 3}
_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_FLATTENED = (torch.float16, torch.float32, torch.float64)  # ``torch.backends.cudnn.is_acceptable``


def recurrent(name: str, *args: Any) -> Any:
    """Call cuDNN's layer with the arguments of torch.lstm, gru, rnn_tanh or rnn_relu; a tuple as they return it."""
    packed = isinstance(args[1], torch.Tensor) and isinstance(args[2], (torch.Tensor, list, tuple)) and _is_packed(args)
    if packed:
        data, sizes, hidden, weights, biases, layers, dropout, train, bidirectional = args
        batch_first = False
    else:
        data, hidden, weights, biases, layers, dropout, train, bidirectional, batch_first = args  # noqa: RUF059
        sizes = None
    hx, cx = (hidden[0], hidden[1]) if name == "lstm" else (hidden, None)
    weights = list(weights)
    width = int(hx.shape[2])
    hidden_size = int(cx.shape[2]) if cx is not None else width
    projected = width if width != hidden_size else 0
    steps = [] if sizes is None else [int(n) for n in _numbers(sizes, data)]
    answer = torch.ops.aten._cudnn_rnn(  # noqa: SLF001
        data, weights, len(weights) // (layers * (2 if bidirectional else 1)), buffer_of(weights), hx, cx, _MODES[name],
        hidden_size, projected, layers, batch_first, float(dropout), train, bidirectional, steps, None,
    )  # fmt: skip
    return (answer[0], answer[1], answer[2]) if name == "lstm" else (answer[0], answer[1])


def _is_packed(args: tuple[Any, ...]) -> bool:
    """Say whether the arguments are of the form with batch sizes: the third is the hidden state there."""
    return isinstance(args[3], (list, tuple)) and isinstance(args[4], bool)


def _numbers(sizes: Any, data: Any) -> list[int]:
    from doctor.trials.probe.memory import shadows

    value = shadows.of(sizes)
    if value is None:
        return [int(data.shape[0])]
    with shadows.real():
        return [int(n) for n in value.tolist()]


def buffer_of(weights: list[Any]) -> Any:
    """Return the one tensor that all weights lie in, None where they don't lie in one."""
    storages = {w.untyped_storage()._cdata for w in weights}  # noqa: SLF001
    if len(storages) != 1 or weights[0].device.type != "cuda":
        return None
    first = weights[0].detach()
    total = int(weights[0].untyped_storage().nbytes()) // int(first.element_size())
    return first.as_strided((total,), (1,), 0)


def flatten(module: Any) -> None:
    """Put a layer's weights into one buffer, as ``flatten_parameters`` does on a GPU."""
    names = module._flat_weights_names  # noqa: SLF001
    weights: list[Any] = [getattr(module, name, None) for name in names]
    if not weights or any(w is None or w.device.type != "cuda" or w.dtype not in _FLATTENED for w in weights):
        return
    if buffer_of(weights) is not None:
        return
    with torch.no_grad():
        buffer = torch.empty(sum(w.numel() for w in weights), dtype=weights[0].dtype, device=weights[0].device)
        place = 0
        for name, weight in zip(names, weights):
            part = buffer.narrow(0, place, weight.numel()).view(weight.shape)
            place += weight.numel()
            module._parameters[name] = torch.nn.Parameter(part, weight.requires_grad)  # noqa: SLF001
        del weight, weights
    module._flat_weights = [module._parameters[name] for name in names]  # noqa: SLF001


def _composite(call: Operation) -> Any:
    name = call.func._schema.name.split("::")[1]  # noqa: SLF001
    data = call.args[0]
    if data.device.type != "cuda" or data.dtype not in _DTYPES:
        return NotImplemented
    with call.seen():
        return recurrent(name, *call.args)


def _kernel(call: Operation) -> Any:
    (x, weights, _, buffer, hx, cx, _, hidden, projected, layers, batch_first, _, train, both, sizes, _) = call.args  # noqa: RUF059
    result = call.func(*call.args, **call.kwargs)
    ordered = x.transpose(0, 1) if batch_first and not sizes else x
    copied = [] if ordered.is_contiguous() else [call.malloc(size_of(x))]
    if batch_first and not sizes:  # steps lie first in memory
        shape = result[0].shape
        answer = torch.empty((shape[1], shape[0], shape[2]), dtype=x.dtype, device=x.device).transpose(0, 1)
        result = (answer, *result[1:])
    call.track(*result[:3])
    if buffer is None:
        copied.append(call.malloc(sum(size_of(w) for w in weights)))
    if train:
        call.track(result[3])
    call.free(*copied)
    return result


def _lstm_cell(call: Operation) -> Any:
    result = call.func(*call.args, **call.kwargs)
    call.track(result[2], result[0], result[1])
    return result


def _gru_cell(call: Operation) -> Any:
    """Return the fused cell's result: products without biases, a workspace of five gates, the new state."""
    x, state, inner, outer = call.args[:4]
    if x.device.type != "cuda":
        return NotImplemented
    with call.seen():
        gates = torch.mm(x, inner.t()), torch.mm(state, outer.t())
    workspace = call.malloc(5 * size_of(state))
    with call.seen():
        result = torch.empty_like(state)
    del gates
    call.free(workspace)
    return result


RULES = {"aten::" + name: _composite for name in _MODES}
RULES["aten::_cudnn_rnn"] = _kernel
RULES["aten::_thnn_fused_lstm_cell"] = _lstm_cell
RULES["aten::gru_cell"] = _gru_cell
