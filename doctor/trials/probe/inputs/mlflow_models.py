"""What an MLflow pyfunc model takes, by its signature."""

from __future__ import annotations

from typing import Any

from doctor.trials.probe.inputs.values import Column, Input, NotFound, Signature

_TYPES = {"double": "float64", "float": "float32", "integer": "int32", "long": "int64", "string": "str",
          "boolean": "bool", "datetime": "datetime64[ns]"}  # fmt: skip


def of_pyfunc(model: Any) -> Signature:
    """Return what the signature in MLmodel says."""
    schema = model.metadata.get_input_schema() if getattr(model, "metadata", None) is not None else None
    if schema is None:
        raise NotFound("the MLflow model has no signature")
    if schema.is_tensor_spec():
        found = tuple(_tensor(spec, i) for i, spec in enumerate(schema.inputs))
        return Signature(found, "the signature in MLmodel", "pyfunc", "mapping")
    columns = tuple(_column(spec, i) for i, spec in enumerate(schema.inputs))
    if len(columns) == 1 and columns[0].dtype == "str" and not isinstance(columns[0].name, str):
        taken = Input("texts", "str", (None,), "text", ("batch",), (1,))
    else:
        taken = Input("X", "table", (None, len(columns)), "table", ("batch", "columns"), (1, len(columns)), 0, columns)
    return Signature((taken,), "the signature in MLmodel", "pyfunc")


def _column(spec: Any, number: int) -> Column:
    kind = str(getattr(spec.type, "name", spec.type)).lower()
    if kind not in _TYPES:
        raise NotFound("column {} of the signature is a {}".format(spec.name or number, spec.type))
    return Column(spec.name if spec.name is not None else number, _TYPES[kind])


def _tensor(spec: Any, number: int) -> Input:
    sizes = tuple(None if s in (-1, None) else int(s) for s in spec.shape)
    dtype = str(getattr(spec.type, "name", spec.type))
    means = ("batch",) + ("",) * (len(sizes) - 1)
    if len(sizes) == 2:
        means = ("batch", "features")
    used = tuple(8 if s is None else s for s in sizes)
    return Input(spec.name or "input_{}".format(number), "str" if dtype.startswith("str") else dtype, sizes, "tensor",
                 means, (1,) + used[1:])  # fmt: skip
