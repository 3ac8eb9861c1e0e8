"""A sample's body varied before the handler reads it: other lengths, one field's alone, fields missing and added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe import failures
from doctor.trials.probe.arrays import of_lists
from doctor.trials.probe.inputs.samples import Sample
from doctor.trials.probe.varying import shortened

_MOST_FIELDS = 6


def varied(sample: Sample) -> Iterator[tuple[str, Any]]:
    """Yield what a JSON object's fields are varied to, each with its name; nothing for another body."""
    body = sample.value
    if not isinstance(body, dict) or "json" not in sample.content_type:
        return
    lengths = {k: len(v) for k, v in body.items() if isinstance(v, list) and len(v) > 1 and of_lists(v) is not None}
    lengths = dict(list(lengths.items())[:_MOST_FIELDS])
    if lengths:
        shorter = {k: max(1, n * 3 // 5) for k, n in lengths.items()}
        names = ", ".join("{} {}".format(k, n) for k, n in shorter.items())
        yield "shorter: {}".format(names), dict(body, **{k: body[k][:n] for k, n in shorter.items()})
        if len(lengths) > 1:
            for name in lengths:
                mixed = dict(lengths, **{name: shorter[name]})
                words = ", ".join("{} {}".format(k, n) for k, n in mixed.items())
                yield "unequal lengths: {}".format(words), dict(body, **{name: body[name][: shorter[name]]})
    for name in list(body)[:_MOST_FIELDS] if len(body) > 1 else ():
        yield "without {}".format(name), {k: v for k, v in body.items() if k != name}
    yield "with one field more", dict(body, another_field=0)


def cases(sample: Sample, chain: Any, accept: str, model_dir: str, channel: Any, over: Any) -> list[dict[str, Any]]:
    """
    Return what the handler's functions make of each variation: case, works, failure.

    Nothing where the sample itself isn't answered. ``over`` says whether the time is.
    """
    out = []
    if _failure(chain, sample.body, sample.content_type, accept, model_dir, channel) is not None:
        return []
    for name, body in varied(sample):
        if over():
            break
        failure = _failure(chain, json.dumps(body).encode(), sample.content_type, accept, model_dir, channel)
        said: dict[str, Any] = {"case": name, "works": failure is None}
        if failure is not None:
            said["failure"] = failure
        out.append(said)
    return out


def _failure(
    chain: Any, body: bytes, content_type: str, accept: str, model_dir: str, channel: Any
) -> dict[str, Any] | None:
    try:
        chain.transform(body, content_type, accept)
    except Exception as error:
        return shortened(failures.described(error, channel.doing, model_dir))
    return None
