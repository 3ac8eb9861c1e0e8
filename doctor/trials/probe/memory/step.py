"""The step "memory": what the model needs of each GPU that is asked about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from doctor.trials.probe import failures
from doctor.trials.probe.failures import NotTried

if TYPE_CHECKING:
    from doctor.trials.probe.channel import Channel
    from doctor.trials.probe.request import Request

_SHARE = 0.8  # of the step's time


def run(request: Request, channel: Channel) -> dict[str, Any]:
    """
    Return what the model needs, by GPU and batch.

    The request says ``"memory": {"gpus": [...], "batches": [1, 8], "tokens": n, "new_tokens": n, "gradients": bool,
    "dtype": "", "allocator": "", "only": ""}``. The phases are those of loading, then "inputs" and "trace"::

        way           where the module is from: "config.json of a llama model", "model_fn of code/inference.py"
        torch         version
        parameters    bytes
        buffers       bytes
        runs          rows of `trace.estimate`, each with "batch", "tokens" and "new_tokens"
        not_followed  why there are fewer runs than were asked for; "" where there aren't
    """
    try:
        import torch  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise NotTried("torch isn't there") from error
    from doctor.trials.probe.memory import sources, trace

    began = time.time()
    told: dict[str, Any] = {"way": "", "torch": str(torch.__version__), "parameters": 0, "buffers": 0, "runs": []}
    told["not_followed"] = ""
    try:
        trace.check()
        subject = sources.of(request, channel)
        told["way"] = subject.way
        channel.phase("trace")
        _runs(told, subject, request, began)
    except NotTried as reason:
        told["not_followed"] = str(reason)
    return told


def _runs(told: dict[str, Any], subject: Any, request: Request, began: float) -> None:
    from doctor.trials.probe.memory import sources

    said = request.said.get("memory") or {}
    batches = sorted(said.get("batches") or [1])
    if not any(taken.batch >= 0 for taken in subject.signature.inputs):
        fixed = subject.signature.inputs[0].sizes[0] if subject.signature.inputs[0].sizes else 1
        if batches != [fixed]:
            told["not_followed"] = "its sizes are fixed: only batch {} was followed".format(fixed)
        batches = [fixed]
    for batch in batches:
        size = sources.Size(int(batch), int(said.get("tokens") or 0), int(said.get("new_tokens") or 0))
        for gpus in _alike(said.get("gpus") or []):
            if time.time() - began > request.seconds * _SHARE:
                told["not_followed"] = "the time was up before batch {} on {}".format(batch, gpus[0].get("name"))
                return
            try:
                rows = _rows(subject, size, gpus, said)
            except NotTried:
                raise
            except Exception as error:
                told["not_followed"] = "batch {}: {}".format(batch, failures.line_of(error)[:500])
                return
            told["runs"].extend(rows)
            told.update(parameters=rows[0]["parameters"], buffers=rows[0]["buffers"])


def _alike(gpus: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return GPUs in groups on which a program asks for the same."""
    found: dict[Any, list[dict[str, Any]]] = {}
    for gpu in gpus:
        found.setdefault((tuple(gpu["capability"]), gpu["sms"]), []).append(gpu)
    return list(found.values())


def _rows(subject: Any, size: Any, gpus: list[dict[str, Any]], said: dict[str, Any]) -> list[dict[str, Any]]:
    from doctor.trials.probe.memory import sources, trace

    generating = bool(size.new_tokens and subject.generates)

    def build(device: str) -> Any:
        module = made.enter_context(subject.made()).to(device)
        first = next((p.dtype for p in module.parameters() if p.is_floating_point()), None)
        args, kwargs = sources.examples(subject, size, first, device)
        return module, args, kwargs

    def call(module: Any, args: Any, kwargs: Any) -> Any:
        if not generating:
            return module(*args, **kwargs)
        count = size.new_tokens
        return module.generate(*args, **kwargs, max_new_tokens=count, min_new_tokens=count, do_sample=False)

    from contextlib import ExitStack

    with ExitStack() as made:
        gradients, allocator = bool(said.get("gradients")), str(said.get("allocator") or "")
        rows = trace.estimates(build, call, gpus, gradients=gradients, allocator=allocator, empty_cache=False)
    more = {"batch": size.batch, "tokens": size.tokens, "new_tokens": size.new_tokens if generating else 0}
    return [dict(row, **more) for row in rows]
