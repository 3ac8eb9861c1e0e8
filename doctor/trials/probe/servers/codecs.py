"""
The content types that the toolkits decode and encode by themselves, restated for where no toolkit is installed.

After sagemaker_inference/decoder.py and encoder.py 1.10.1, sagemaker_containers/_encoders.py 2.8.6, and
sagemaker_xgboost_container/encoder.py.
"""

from __future__ import annotations

import importlib
import io
import json
from typing import Any

JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"
LIBSVM = "text/libsvm"
TEXTS = (JSON, CSV)


class UnsupportedFormatError(Exception):
    """A content type that the stack's default doesn't take or give."""

    def __init__(self, content_type: Any) -> None:
        super().__init__("Content type {} is not supported by this framework.".format(content_type))


UnsupportedFormatError.__module__ = "sagemaker_inference.errors"


def decode(body: Any, content_type: str) -> Any:
    """Return what a request's body says, as a NumPy array or a sparse matrix."""
    np = importlib.import_module("numpy")

    if content_type == JSON:
        return np.array(json.loads(body))
    if content_type == CSV:
        return np.genfromtxt(io.StringIO(body), delimiter=",")
    if content_type == NPY:
        return np.load(io.BytesIO(body), allow_pickle=False)
    if content_type == NPZ:
        return importlib.import_module("scipy.sparse").load_npz(io.BytesIO(body))
    raise UnsupportedFormatError(content_type)


def encode(values: Any, accept: str) -> Any:
    """Return an answer's body."""
    np = importlib.import_module("numpy")

    if accept == JSON:
        return json.dumps(values, default=_plain)
    if accept == CSV:
        text = io.StringIO()
        np.savetxt(text, values, delimiter=",", fmt="%s")
        return text.getvalue()
    if accept == NPY:
        data = io.BytesIO()
        np.save(data, values)
        return data.getvalue()
    raise UnsupportedFormatError(accept)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return json.JSONEncoder().default(value)


def matrix(body: Any, content_type: str) -> Any:
    """Return what a request says, as the XGBoost container makes a DMatrix of it."""
    np = importlib.import_module("numpy")
    xgboost = importlib.import_module("xgboost")

    text = bytes(body).decode("utf-8") if not isinstance(body, str) else body
    kind = content_type.split(";")[0].strip().lower()
    if kind == CSV:
        rows = [[float(cell or "nan") for cell in line.split(",")] for line in text.strip().split("\n")]
        return xgboost.DMatrix(np.array(rows))
    if kind in (LIBSVM, "text/x-libsvm"):
        return xgboost.DMatrix(*_libsvm(text))
    raise UnsupportedFormatError(content_type)


def _libsvm(text: str) -> Any:
    data: list[float] = []
    columns: list[int] = []
    starts = [0]
    for line in text.strip().split("\n"):
        pairs = [part.split(":") for part in line.split() if ":" in part]
        columns.extend(int(index) for index, _ in pairs)
        data.extend(float(value) for _, value in pairs)
        starts.append(len(data))
    return (importlib.import_module("scipy.sparse").csr_matrix((data, columns, starts)),)
