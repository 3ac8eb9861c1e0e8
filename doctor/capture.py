"""
Golden outputs: at training time a sample and its outputs go into ``doctor.json`` in the artifact's folder.

``doctor check --trial invoke`` then holds the numbers that the endpoint would give against them, and the versions
exactly. For use in training code, where any framework may be::

    from doctor.capture import capture

    capture("model", x, model(x))                                          # the model itself
    capture("model", b'[[1, 2]]', b'[0.7]', content_type="application/json")  # a request, through the handler

or, for several samples, written together when the block ends well::

    with capturing("model") as golden:
        golden.add(x, model(x))

Inputs and outputs are arrays of any framework, numbers, texts, and mappings or lists of them. An XGBoost container in
algorithm mode loads every file at the root of the artifact: name ``"model/code"`` as the folder there.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from doctor.errors import BadInput
from doctor.trials.probe import captured

NAME = captured.NAME
_LARGEST_SAMPLE = 6 << 20


def capture(
    folder: str | os.PathLike[str],
    sample: Any,
    outputs: Any,
    *,
    content_type: str = "",
    accept: str = "",
    tolerances: Mapping[str, Sequence[float]] | None = None,
) -> Path:
    """
    Write ``doctor.json`` into the folder that becomes the artifact; return its path. Nothing else is touched.

    Args:
        folder: that is packed as model.tar.gz.
        sample: a request's body as bytes or text, or inputs of the model: an array, a list of them, or a mapping.
        outputs: the answer to it: a body as bytes or text, or what the model returned.
        content_type: of a request's body.
        accept: that the request asked for.
        tolerances: (relative, absolute) by dtype, where the usual ones aren't right.
    """
    golden = Golden(folder, tolerances)
    golden.add(sample, outputs, content_type=content_type, accept=accept)
    return golden.write()


@contextmanager
def capturing(
    folder: str | os.PathLike[str], *, tolerances: Mapping[str, Sequence[float]] | None = None
) -> Iterator[Golden]:
    """Collect samples with `Golden.add`; they are written when the block ends, and not where it fails."""
    golden = Golden(folder, tolerances)
    yield golden
    golden.write()


class Golden:
    """
    Samples with their outputs, for one doctor.json.

    Args:
        folder: where it is written.
        tolerances: (relative, absolute) by dtype.
    """

    def __init__(self, folder: str | os.PathLike[str], tolerances: Mapping[str, Sequence[float]] | None = None) -> None:
        self._folder = Path(folder)
        if not self._folder.is_dir():
            raise BadInput(f"{self._folder} is no folder")
        self._tolerances = {**captured.TOLERANCES, **(tolerances or {})}
        self._environment: Mapping[str, Any] | None = None
        self._samples: list[dict[str, Any]] = []

    def add(self, sample: Any, outputs: Any, *, content_type: str = "", accept: str = "") -> None:
        """Add a sample and its outputs, as `capture` takes them."""
        if isinstance(sample, (bytes, bytearray, str)):
            self._add_request(_bytes(sample), _outputs(outputs), content_type, accept)
        else:
            inputs = captured.outputs_of(_listed(sample))
            _refuse_unkept(inputs)
            self._samples.append({"kind": "model", "inputs": inputs, "outputs": captured.outputs_of(outputs)})

    def add_trial(self, body: bytes, value: Mapping[str, Any]) -> None:
        """
        Add what a trial's step "invoke" saw of a request, and the environment that it ran in.

        Raises BadInput where the request wasn't answered.
        """
        request = value.get("request") or {}
        if not isinstance(value.get("outputs"), list) or not value["outputs"]:
            raise BadInput(f"the sample was not answered: {_why(value)}")
        kinds = (str(request.get("content_type", "")), str(request.get("accept", "")))
        self._add_request(body, value["outputs"], *kinds)
        self._environment = value.get("environment")

    def _add_request(self, body: bytes, outputs: list[dict[str, Any]], content_type: str, accept: str) -> None:
        if len(body) > _LARGEST_SAMPLE:
            raise BadInput(f"the sample has {len(body)} bytes; at most {_LARGEST_SAMPLE} are kept")
        said = {"kind": "request", "content_type": content_type, "accept": accept, "body": _body(body)}
        self._samples.append({**said, "outputs": outputs})

    def write(self) -> Path:
        """Write the file, whole or not at all; return its path."""
        if not self._samples:
            raise BadInput("no sample was added")
        told = {
            "doctor": captured.SCHEMA,
            "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "environment": dict(self._environment or captured.environment()),
            "samples": self._samples,
            "tolerances": {dtype: [float(n) for n in pair] for dtype, pair in self._tolerances.items()},
        }
        return _written(self._folder / NAME, json.dumps(told, indent=1, allow_nan=False) + "\n")


def _written(path: Path, text: str) -> Path:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # the server's user reads it
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def _bytes(sample: bytes | bytearray | str) -> bytes:
    return sample.encode("utf-8") if isinstance(sample, str) else bytes(sample)


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}


def _outputs(outputs: Any) -> list[dict[str, Any]]:
    if isinstance(outputs, (bytes, bytearray, str)):
        return captured.of_answer(outputs)
    return captured.outputs_of(outputs)


def _listed(sample: Any) -> Any:
    """Return a call's inputs as names or places hold them: one array is the only input."""
    return list(sample) if isinstance(sample, tuple) else sample


def _refuse_unkept(inputs: list[dict[str, Any]]) -> None:
    for one in inputs:
        count = 1
        for size in one["shape"]:
            count *= size
        if count > captured.MOST_VALUES:
            most = captured.MOST_VALUES
            raise BadInput(f"input {one['name'] or '0'} has {count} values; at most {most} are kept: take fewer rows")


def _why(value: Mapping[str, Any]) -> str:
    cases = value.get("cases")
    first = cases[0] if isinstance(cases, list) and cases and isinstance(cases[0], dict) else {}
    return str((first.get("failure") or {}).get("line") or "nothing is known of it")[:500]


def of_trial(folder: str | os.PathLike[str], body: bytes, value: Mapping[str, Any]) -> Path:
    """Write ``doctor.json`` with what a trial's step "invoke" answered to a sample; return its path."""
    golden = Golden(folder)
    golden.add_trial(body, value)
    return golden.write()
