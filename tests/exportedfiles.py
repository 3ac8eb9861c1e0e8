"""Small .pt2 files made in memory, for tests."""

from __future__ import annotations

import io
import json
import zipfile


def zipped(entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


def archive(major=8, minor=20, device="cpu", torch="2.13.0"):
    """A program in the layout since PyTorch 2.8."""
    values = {"x": {"dtype": 7, "sizes": [{"as_expr": {}}, {"as_int": 4}], "device": {"type": device}}}
    program = {
        "graph_module": {
            "graph": {"tensor_values": values},
            "signature": {"input_specs": [{"user_input": {"arg": {"as_tensor": {"name": "x"}}}}], "output_specs": []},
        },
        "schema_version": {"major": major, "minor": minor},
        "torch_version": torch,
    }
    return zipped({"model/models/model.json": json.dumps(program), "model/archive_format": "pt2"})


def flat(version="7.3"):
    """A program in the layout before PyTorch 2.8."""
    return zipped({"serialized_exported_program.json": "{}", "version": version})


def package(device="cpu", capability="", machine="x86_64"):
    """A model of AOTInductor's."""
    said = {"AOTI_DEVICE_KEY": device, "AOTI_COMPUTE_CAPABILITY": capability, "AOTI_MACHINE": machine}
    folder = "model/data/aotinductor/model"
    return zipped({f"{folder}/a.wrapper_metadata.json": json.dumps(said), f"{folder}/a.wrapper.so": b"\x7fELF"})


def handler(loader, file="model.pt2"):
    return f"import torch\n\n\ndef model_fn(model_dir):\n    return {loader}(model_dir + '/{file}')\n"
