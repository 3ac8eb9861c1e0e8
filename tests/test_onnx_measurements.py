"""What a measurement of onnxruntime's kernels concludes from what was run."""

from __future__ import annotations

from typing import Any

import pytest

from measurements.onnx_types import Probed, lacking

ORDER = ["1.8.1", "1.14.1", "1.31.1"]
ASKED = {"types": {"ai.onnx Pow 13": {"T": ["float"], "T1": ["float", "int32"]}}}
SAID: dict[str, dict[str, Any]] = {"1.8.1": {}, "1.14.1": {}, "1.31.1": ASKED}


def row(key: str, kind: str, **more: Any) -> dict[str, Any]:
    asked = {"param": "T", "at": [0], "spread": False, "alone": True, "function": False, "optional": False, "says": []}
    return {"key": key, "type": kind, "set": 18, **asked, **more}


def found(rows: list[dict[str, Any]], *told: list[str]) -> dict[str, list[list[str]]]:
    """Return what follows from what each runtime said of each row."""
    return lacking(Probed(ORDER, rows, dict(zip(ORDER, told, strict=True))), SAID)


ERF = [row("ai.onnx Erf 13", "float"), row("ai.onnx Erf 13", "double")]


def test_a_type_without_a_kernel():
    told = found(ERF, ["+", "Erf(13)"], ["+", "Erf(13)"], ["+", "+"])
    assert told == {"ai.onnx Erf 13": [["0", "float64", "1.8.1", "1.14.1"]]}


def test_an_operator_without_a_kernel_is_another_row():
    assert found(ERF, *[["Erf(13)", "Erf(13)"]] * 3) == {}
    probed = Probed(ORDER, ERF, {"1.8.1": ["Erf(13)", "Erf(13)"]})
    assert probed.absent("1.8.1") == {"ai.onnx Erf 13"}


def test_other_errors_say_nothing():
    assert found(ERF, *[["+", "?[ONNXRuntimeError] : 1 : FAIL : a shape"]] * 3) == {}


def test_of_two_types_only_what_no_kernel_lists():
    rows = [row("ai.onnx Pow 13", kind, alone=False) for kind in ("float", "int32", "double")]
    told = found(rows, *[["+", "+", "Pow(13)"]] * 3)
    assert told == {"ai.onnx Pow 13": [["0", "float64", "1.8.1", "1.31.1"]]}
    rows = [row("ai.onnx Pow 13", kind, alone=False, param="T1", at=[1]) for kind in ("float", "int32")]
    assert found(rows, *[["+", "Pow(13)"]] * 3) == {}


@pytest.mark.parametrize("more", [{"says": ["approximate"]}, {"optional": True}, {"alone": False}])
def test_operators_made_of_others_where_a_node_decides_of_which(more):
    rows = [row("ai.onnx Gelu 20", kind, function=True, **more) for kind in ("float", "double")]
    assert found(rows, *[["+", "Erf(13)"]] * 3) == {}


def test_operators_made_of_others():
    rows = [row("ai.onnx Elu 6", kind, function=True, says=["alpha"]) for kind in ("float", "double")]
    told = found(rows, ["+", "Elu(6)"], ["+", "crash"], ["+", "Less(13)"])
    assert told["ai.onnx Elu 6"] == [
        ["0", "float64", "1.14.1", "1.14.1", "crash"],
        ["0", "float64", "1.31.1", "1.31.1", "Less(13)"],
        ["0", "float64", "1.8.1", "1.8.1"],
    ]


def test_operators_made_of_others_in_each_operator_set():
    asked = [("float", 18), ("double", 18), ("double", 19), ("double", 20), ("float", 19), ("float", 20)]
    rows = [row("ai.onnx Mish 18", kind, function=True, set=number) for kind, number in asked]
    early = ["+", "Exp(13)", "", "", "", ""]
    late = ["+", "Exp(13)", "Exp(13)", "Log(13)", "+", "+"]
    assert found(rows, early, late, late) == {
        "ai.onnx Mish 18": [
            ["0", "float64", "1.8.1", "1.31.1", "Exp(13)", "18 19"],
            ["0", "float64", "1.8.1", "1.31.1", "Log(13)", "20 20"],
        ]
    }


def test_inputs_of_the_type():
    rows = [row("ai.onnx Max 13", kind, at=[0], spread=True) for kind in ("float", "int8")]
    assert found(rows, *[["+", "Max(13)"]] * 3)["ai.onnx Max 13"][0][0] == "0+"
    rows = [row("ai.onnx Add 14", kind, at=[0, 1]) for kind in ("float", "int8")]
    assert found(rows, *[["+", "Add(14)"]] * 3)["ai.onnx Add 14"][0][0] == "0 1"
