"""Step "golden": the samples of ``doctor.json`` once more, and whether the numbers are those of the training."""

from __future__ import annotations

import base64
import importlib
import json
import os
from typing import Any

from doctor.trials.probe import captured, failures
from doctor.trials.probe.arrays import Array
from doctor.trials.probe.chain import Chain

_PLACES = (captured.NAME, "code/" + captured.NAME)


def run(request: Any, channel: Any) -> dict[str, Any]:
    """
    Return how the outputs compare.

    The result is::

        {"file": "doctor.json", "how": what loaded the model,
         "samples": [{"kind": "request" | "model", "content_type", "accept", "outputs": how many were compared,
                      "failure": as failures.py describes one | None,
                      "differences": [{"name", "index", "expected", "found", "dtype", "off"}, …]}, …]}

    A difference is the first value of an output outside the tolerance of its dtype (index -1: shapes or names differ),
    ``off`` how many values of it are outside. Raises NotTried where the artifact has no readable doctor.json.
    """
    name, told = _read(request.model_dir)
    chain = Chain(request, channel)
    model = chain.load()
    chain.refuse_defaults_of_the_image()
    rows = [_compared(sample, told, chain, model, request, channel) for sample in told["samples"]]
    return {"file": name, "how": chain.how, "samples": rows}


def _read(model_dir: str) -> tuple[str, dict[str, Any]]:
    for name in _PLACES:
        path = os.path.join(model_dir, name)
        if not os.path.isfile(path) or os.path.getsize(path) > captured.LARGEST:
            continue
        try:
            with open(path, encoding="utf-8") as file:
                told = json.load(file)
            if told["doctor"] == captured.SCHEMA and isinstance(told["samples"], list):
                return name, told
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        raise failures.NotTried("{} can't be read as outputs that `doctor capture` wrote".format(name))
    raise failures.NotTried("the artifact has no doctor.json with outputs from its training")


def _compared(sample: Any, told: Any, chain: Chain, model: Any, request: Any, channel: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": sample.get("kind"), "failure": None, "differences": [], "outputs": 0}
    row["content_type"], row["accept"] = sample.get("content_type", ""), sample.get("accept", "")
    try:
        if sample["kind"] == "request":
            answer, _ = chain.transform(_body(sample["body"]), row["content_type"], row["accept"])
            found = captured.of_answer(answer)
        else:
            channel.phase("predict")
            found = captured.outputs_of(_called(model, sample["inputs"], request))
    except failures.NotTried:
        raise
    except Exception as error:
        row["failure"] = failures.described(error, channel.doing, request.model_dir)
        return row
    row["outputs"] = len(found)
    row["differences"] = captured.differences(sample["outputs"], found, told.get("tolerances"))
    return row


def _body(said: Any) -> bytes:
    if "base64" in said:
        return base64.b64decode(said["base64"])
    return str(said["text"]).encode("utf-8")


def _called(model: Any, given: list[dict[str, Any]], request: Any) -> Any:
    """Call the model itself with inputs as they were, by name where it knows names, else in their order."""
    inputs: Any = importlib.import_module("doctor.trials.probe.inputs")
    calling: Any = importlib.import_module("doctor.trials.probe.calling")
    signature = inputs.of_model(model, request.seconds * 0.2)
    names = tuple(str(one["name"]) for one in given)
    known = tuple(taken.name for taken in signature.inputs)
    values = {
        str(one["name"]): Array(one["dtype"], tuple(one["shape"]), [captured.number(v) for v in one["values"]])
        for one in given
    }
    if set(names) != set(known) and len(names) == len(known):
        values = dict(zip(known, values.values()))
    order = known if set(values) == set(known) else tuple(values)
    return calling.call(model, inputs.Example(signature, order, tuple(values[name] for name in order)))
