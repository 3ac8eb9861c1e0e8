"""``doctor fit`` on artifacts: weights of real sizes in sparse files, without following any code."""

from __future__ import annotations

import json
import struct
import tarfile
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from doctor.cli import main

SCHEMA = json.loads((Path(__file__).parent.parent.parent / "docs" / "fit.schema.json").read_text())
GIB = 1 << 30
SIZES = {"F16": 2, "F32": 4}


def write(path: Path, tensors: dict[str, tuple[int, ...]], dtype: str = "F16") -> None:
    """Write a safetensors file whose numbers take no place on the disk."""
    header, end = {}, 0
    for name, shape in tensors.items():
        size = SIZES[dtype]
        for dimension in shape:
            size *= dimension
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def llama(folder: Path, dtype: str = "F16") -> Path:
    """Seven billion parameters, as config.json and headers state them."""
    layers, hidden, inner, words = 32, 4096, 11008, 32000
    tensors = {"model.embed_tokens.weight": (words, hidden), "lm_head.weight": (words, hidden)}
    for n in range(layers):
        tensors |= {f"model.layers.{n}.self_attn.{k}_proj.weight": (hidden, hidden) for k in "qkvo"}
        tensors |= {f"model.layers.{n}.mlp.{k}_proj.weight": (inner, hidden) for k in ("gate", "up")}
        tensors[f"model.layers.{n}.mlp.down_proj.weight"] = (hidden, inner)
    folder.mkdir()
    write(folder / "model.safetensors", tensors, dtype)
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "vocab_size": words,
        "max_position_embeddings": 4096,
        "torch_dtype": "float16" if dtype == "F16" else "float32",
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def fit(*arguments: object, status: int = 0) -> dict[str, object]:
    result = CliRunner().invoke(main, ["fit", *map(str, arguments), "--format", "json"])
    assert result.exit_code == status, result.output
    value = json.loads(result.stdout)
    jsonschema.validate(value, SCHEMA)
    return value


def row(value: dict[str, object], name: str) -> dict[str, object]:
    return next(r for r in value["instances"] if r["instance"] == name)


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    return llama(tmp_path_factory.mktemp("llama") / "model")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "freeze.txt"
    path.write_text(
        "# python 3.11.7\ntorch==2.13.0\ntransformers==5.23.0\nsagemaker-huggingface-inference-toolkit==2.6.0\n"
    )
    return path


def test_a_k80_has_no_room_for_what_fits_a_v100(seven, served):
    small = fit(seven, "--serving", served, "--instance-type", "ml.p2.xlarge", "--new-tokens", 256, status=1)
    large = fit(seven, "--serving", served, "--instance-type", "ml.p3.2xlarge", "--new-tokens", 256)
    one, other = row(small, "ml.p2.xlarge"), row(large, "ml.p3.2xlarge")
    assert one["verdict"] == "does not fit"
    assert one["reasons"][0].startswith("GPU memory: needs 13.")
    assert one["held"][0]["certain"]
    assert other["verdict"] in {"fits", "tight"}
    assert other["held"][0]["need"]["expected"] < 15.75 * GIB
    assert any(said.startswith("take ml.") for said in small["advice"])


def test_the_weights_are_exact_to_the_byte(seven, served):
    held = row(fit(seven, "--serving", served), "ml.g5.xlarge")["held"][0]
    weights = next(t for t in held["terms"] if t["name"] == "weights")
    expected = 2 * (2 * 32000 * 4096 + 32 * (4 * 4096**2 + 3 * 4096 * 11008))
    assert weights["size"] == {"low": expected, "expected": expected, "high": expected}


def test_a_verdict_with_its_reasons_for_every_instance_type_with_a_gpu(seven, served):
    value = fit(seven, "--serving", served)
    rows = [r for r in value["instances"] if r["gpus"]]
    assert len(rows) == 57
    for one in rows:
        assert one["verdict"] == "fits" or one["reasons"], one["instance"]
    unknown = [r["instance"] for r in rows if r["verdict"] == "unknown"]
    assert unknown == ["ml.p6e-gb200.36xlarge"]
    verdicts = {r["instance"]: r["verdict"] for r in rows}
    assert verdicts["ml.p2.xlarge"] == verdicts["ml.p2.16xlarge"] == "does not fit"  # GPUs don't pool their memory
    assert verdicts["ml.g5.2xlarge"] == verdicts["ml.p5.48xlarge"] == "fits"


def test_half_the_bytes_are_advised_where_that_helps(tmp_path, served):
    wide = llama(tmp_path / "model", "F32")
    value = fit(wide, "--serving", served, "--instance-type", "ml.g5.xlarge", status=1)
    assert any("16 bits" in said for said in value["advice"])


def test_workers_share_a_gpu(seven, served):
    asked = (seven, "--serving", served, "--instance-type", "ml.g6e.2xlarge")
    assert row(fit(*asked, "--workers", 3), "ml.g6e.2xlarge")["held"][0]["processes"] == 3
    four = fit(*asked, "--workers", 4, status=1)
    assert row(four, "ml.g6e.2xlarge")["verdict"] == "does not fit"
    assert any("instead of 4 workers" in said for said in four["advice"])


def test_a_server_that_divides_the_model_over_gpus(seven):
    value = fit(seven, "--stack", "vllm", "--env", "SM_VLLM_TENSOR_PARALLEL_SIZE=4")
    one, four = row(value, "ml.g4dn.xlarge"), row(value, "ml.g4dn.12xlarge")
    size = {r["instance"]: r["held"][0]["need"]["expected"] for r in (one, four)}
    assert size["ml.g4dn.12xlarge"] < size["ml.g4dn.xlarge"]
    assert four["most"]["tokens"] == 4096
    assert four["most"]["requests"] >= 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing-here"], "nothing-here"),
        (["{}", "--batch", "0"], "--batch"),
        (["{}", "--instance-type", "ml.huge"], "ml.huge"),
        (["{}", "--measure"], "--measure"),
    ],
)
def test_bad_input_is_one_line(seven, arguments, said):
    result = CliRunner().invoke(main, ["fit", *(a.format(seven) for a in arguments)])
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_an_archive_that_ends_early_is_told(seven, tmp_path):
    with tarfile.open(tmp_path / "whole.tar.gz", "w:gz") as archive:
        archive.add(seven / "config.json", "config.json")
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes((tmp_path / "whole.tar.gz").read_bytes()[:150])
    result = CliRunner().invoke(main, ["fit", str(cut)])
    assert result.exit_code == 2
    assert "the archive: " in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_nothing_is_to_change_where_it_fits_or_nothing_was_asked(seven, served):
    assert fit(seven, "--serving", served)["advice"] == []
    assert fit(seven, "--serving", served, "--instance-type", "ml.g6e.2xlarge")["advice"] == []


def test_a_folder_without_a_model(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "readme.txt").write_text("nothing")
    result = CliRunner().invoke(main, ["fit", str(tmp_path / "m")])
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
