from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_the_data_was_not_packed():
    first = examine("sick/onnx-external-data-missing").findings[0]
    assert first.check.id == "onnx-external-data-missing"
    assert first.finding.message == "model.onnx reads its weights from model.onnx.data (W), which is not packed"
    assert 'External data path does not exist: "/opt/ml/model/model.onnx.data"' in first.finding.log


def test_the_data_is_cut_short():
    first = examine("sick/onnx-external-data-missing--cut-short").findings[0]
    assert first.check.id == "onnx-external-data-missing"
    assert "up to byte 16384, and model.onnx.data ends at 9000" in first.finding.message


def test_beside_it_in_a_folder():
    model = files("healthy/onnx-external-data-beside")
    model = {("code/inference.py" if p.startswith("code") else f"net/{p}"): c for p, c in model.items()}
    model["code/inference.py"] = model["code/inference.py"].replace(b'"model.onnx"', b'"net/model.onnx"')
    assert ask("onnx-external-data-missing", artifact=model).status is Status.CLEAR
    model["model.onnx.data"] = model.pop("net/model.onnx.data")
    assert ask("onnx-external-data-missing", artifact=model).status is Status.FOUND


def test_an_empty_file_that_no_tensor_names():
    model = files("healthy/onnx-empty-data-file")
    assert ask("onnx-external-data-missing", artifact=model).status is Status.CLEAR
