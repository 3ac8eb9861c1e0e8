"""What one worker needs of its host: each rule against the peak that was measured for it, and what widens the range."""

from __future__ import annotations

import pytest

from doctor.environment import Environment
from doctor.facts import load
from doctor.formats.kinds.base import ModelFile, Symbol, Tensor
from doctor.formats.kinds.huggingface import Pretrained
from doctor.formats.kinds.onnx import External, Onnx
from doctor.formats.kinds.pickled import PickleFacts
from doctor.formats.kinds.torch import Safetensors, TorchSave, TorchScript
from doctor.formats.kinds.trees import CatBoostFile, LightGBMFile
from doctor.memory import host
from doctor.memory.estimating import Subject
from doctor.memory.host_libraries import MIB, servers, used
from doctor.memory.host_loading import of_file
from doctor.memory.values import Workload, total
from doctor.model import Unknown
from doctor.models import Models
from tests.deployments import deployment

CPU = {"torch": "2.13.0+cpu", "numpy": "2.4.6"}
TENSORS = tuple(Tensor(f"{i}.weight", "float32", (2048, 2048)) for i in range(8))  # 128 MiB
NET = "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    pass\n\n\n"


def torch_file(layout="state-dict", tensors=TENSORS, extra=0, name="model.pt", weights=""):
    size = sum(t.shape[0] * t.shape[1] * 4 for t in tensors) + extra + 60_000
    return ModelFile(name, "torch-zip", size, {}, tensors=tensors, facts=TorchSave(layout, weights=weights))


def subject(*files, script="", serving=None, stack="", env=None):
    made = deployment(artifact={"code/inference.py": script} if script else {}, stack=stack, env=env)
    environment = Environment("serving", "serving.txt", serving, "3.11", complete=True) if serving is not None else None
    return Subject(Models(files, {}), made.part("handler"), stack, env or {}, environment, Workload())


def need(*files, **parts):
    return host.of_worker(subject(*files, **parts))


def of_model(found):
    """The size of a need without its libraries and requests, in MiB: what the model itself takes at the peak."""
    mine = total(t.size for t in found.terms if t.name.startswith(("model", "while", "weights")))
    return tuple(round(size / MIB) for size in mine)


def script(*lines):
    return NET + "def model_fn(model_dir):\n" + "".join(f"    {line}\n" for line in lines)


# --- PyTorch: measured with 2.13.0+cpu, 128 MiB of weights ------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "measured"),
    [
        (("model = Net()", "model.load_state_dict(torch.load(f'{model_dir}/model.pt'))", "return model"), 256),
        (
            ("model = Net()", "model.load_state_dict(torch.load(f'{model_dir}/model.pt', mmap=True))",
             "return model"), 128,
        ),
        (
            ("with torch.device('meta'):", "    model = Net()",
             "model.load_state_dict(torch.load(f'{model_dir}/model.pt'), assign=True)", "return model"), 128,
        ),
        (
            ("import io", "data = io.BytesIO(open(f'{model_dir}/model.pt', 'rb').read())", "model = Net()",
             "model.load_state_dict(torch.load(f'{model_dir}/model.pt'))", "return model"), 384,
        ),
    ],
)  # fmt: skip
def test_a_state_dict_is_beside_the_module_it_is_copied_to(lines, measured):
    low, expected, high = of_model(need(torch_file(), script=script(*lines), serving=CPU))
    assert low <= measured <= high
    assert expected == pytest.approx(measured, rel=0.03)


@pytest.mark.parametrize("device", ["'cuda'", "device", "torch.device('cuda' if torch.cuda.is_available() else 'cpu')"])
def test_what_is_read_onto_a_gpu_may_never_be_on_the_host(device):
    reads = f"torch.load(f'{{model_dir}}/model.pt', map_location={device})"
    copied = ("model = Net()", f"model.load_state_dict({reads})", "return model")
    assert of_model(need(torch_file(), script=script(*copied), serving=CPU))[0] == 128
    assert of_model(need(torch_file("module"), script=script(f"return {reads}"), serving=CPU))[0] == 0
    on_host = script(*(line.replace(device, "torch.device('cpu')") for line in copied))
    assert of_model(need(torch_file(), script=on_host, serving=CPU))[1] == 256
    there = ("with torch.device('cuda'):", "    model = Net()", f"model.load_state_dict({reads})", "return model")
    assert of_model(need(torch_file(), script=script(*there), serving=CPU))[0] == 0


def test_a_whole_module_is_loaded_once():
    lines = ("return torch.load(f'{model_dir}/model.pt', weights_only=False)",)
    low, expected, high = of_model(need(torch_file("module"), script=script(*lines), serving=CPU))
    assert (low, expected, high) == pytest.approx((125, 128, 132), abs=3)


def test_torchscript_is_loaded_once():
    file = ModelFile("model.pt", "torchscript", 134_293_222, {}, tensors=TENSORS, facts=TorchScript(10))
    assert of_model(need(file, script=script("return torch.jit.load(f'{model_dir}/model.pt')"), serving=CPU))[1] == 128


def test_an_optimizer_left_in_the_file_is_loaded_too():
    tensors = (*(t._replace(name=f"model.{t.name}") for t in TENSORS),)
    state = tuple(t._replace(name=f"optimizer.{k}.{t.name}") for k in range(2) for t in TENSORS)
    file = torch_file("checkpoint", tensors=tensors + state, weights="model")
    lines = ("model = Net()", "state = torch.load(f'{model_dir}/model.pt')", "model.load_state_dict(state['model'])")
    assert of_model(need(file, script=script(*lines, "return model"), serving=CPU))[1] == pytest.approx(512, rel=0.02)


def test_a_state_dict_without_its_code_may_be_twice():
    low, expected, high = of_model(need(torch_file(), serving=CPU))
    assert (low, expected, high) == pytest.approx((126, 256, 264), rel=0.03)


# --- transformers: measured with 4.57.6 and 5.23.0 --------------------------------------------------------------------


def folder():
    """The folder of a model of transformers whose config says float32."""
    blank = dict.fromkeys(Pretrained._fields, ())
    texts = dict.fromkeys(("folder", "transformers_version", "quantization", "preprocessor", "pipeline"), "")
    facts = Pretrained(**{**blank, **texts, "config": {}, "model_type": "bert", "dtype": "float32", "auto_map": {}})
    return ModelFile("config.json", "huggingface", 500, {}, facts=facts)


def pretrained(dtype, **versions):
    file = ModelFile("model.safetensors", "safetensors", 134_300_000, {}, tensors=TENSORS, facts=Safetensors({}, 100))
    code = "from transformers import AutoModel\nimport torch\n\n\ndef model_fn(model_dir):\n"
    code += f"    return AutoModel.from_pretrained(model_dir{dtype})\n"
    return need(file, folder(), script=code, serving={**CPU, **versions})


def test_weights_wanted_as_stored_stay_in_the_mapped_file():
    found = pretrained("", transformers="4.57.6")
    terms = {t.name: t.size for t in found.terms}
    assert terms["weights in the mapped file"] == (0, 128 * MIB, 128 * MIB)
    assert terms["model in memory"].high < 10 * MIB


def test_weights_in_another_dtype_are_converted_one_by_one():
    found = pretrained(", torch_dtype=torch.float16", transformers="5.23.0")
    assert "weights in the mapped file" not in {t.name for t in found.terms}
    assert of_model(found) == pytest.approx((64, 64, 65), abs=1)


def test_an_unmeasured_transformers_may_make_a_module_first():
    found = pretrained("", transformers="4.30.0")
    assert of_model(found)[2] >= 2 * of_model(found)[1]
    assert any("module beside" in doubt for doubt in found.doubts)


# --- others -----------------------------------------------------------------------------------------------------------


def pickled(size, *names, form="pickle", protocol=4, tensors=(), compression=""):
    symbols = tuple(Symbol(*n.rsplit(".", 1)) for n in names)
    facts = PickleFacts(protocol, compression=compression, joblib=form == "joblib")
    return ModelFile(f"model.{form}", form, int(size * MIB), {}, symbols=symbols, tensors=tensors, facts=facts)


ARRAYS = ("sklearn.neighbors._regression.KNeighborsRegressor", "numpy._core.multiarray._reconstruct", "numpy.ndarray")
FOREST = ("sklearn.ensemble._forest.RandomForestRegressor", "sklearn.tree._tree.Tree", "numpy.ndarray")
WORDS = ("sklearn.feature_extraction.text.TfidfVectorizer", "numpy._core.multiarray._reconstruct")
NODES = (Tensor("a", "record", (1_000_000,)), Tensor("b", "float64", (1_000_000, 1, 1)))
ROWS = (Tensor("a", "float64", (100_000, 100)),)
MEASURED = [  # the file, and the MiB of its peak beyond the libraries
    (pickled(77.1, *ARRAYS), 77.0),
    (pickled(115.5, *ARRAYS, protocol=2), 192.1),
    (pickled(61.3, *ARRAYS, form="joblib", tensors=(Tensor("a", "float64", (8_035_000,)),)), 61.6),
    (pickled(73.1, *ARRAYS, form="joblib", tensors=ROWS, compression="zlib"), 79.7),
    (pickled(106.0, *FOREST), 211.4),
    (pickled(89.2, *FOREST, protocol=2), 209.9),
    (pickled(68.8, *FOREST, form="joblib", tensors=NODES), 138.0),
    (pickled(6.4, *WORDS), 43.0),
    (pickled(6.8, "xgboost.core.Booster", "numpy.ndarray"), 40.7),
    (pickled(7.4, "lightgbm.basic.Booster", "numpy.ndarray"), 21.5),
    (ModelFile("m.json", "xgboost-json", int(10.1 * MIB), {}), 122.1),
    (ModelFile("m.ubj", "xgboost-ubj", int(6.8 * MIB), {}), 27.1),
    (ModelFile("m.txt", "lightgbm", int(11.7 * MIB), {}, facts=LightGBMFile("v4", "", 0, (), 1, 1)), 27.5),
    (ModelFile("m.cbm", "catboost", int(93.9 * MIB), {}, facts=CatBoostFile("cbm")), 188.9),
    (ModelFile("m.json", "catboost", int(245.1 * MIB), {}, facts=CatBoostFile("json")), 369.0),
]


@pytest.mark.parametrize(("file", "measured"), MEASURED, ids=lambda v: getattr(v, "format", ""))
def test_each_format_is_as_it_was_measured(file, measured):
    low, expected, high = (size / MIB for size in of_file(file, None).peak)
    assert low * 0.99 <= measured <= high * 1.01
    assert expected == pytest.approx(measured, rel=0.2)


def test_xgboost_before_3_1_parses_json_into_less():
    old, new = (
        of_file(MEASURED[10][0], Environment("serving", "", {"xgboost": version}, complete=True)).peak.expected / MIB
        for version in ("3.0.5", "3.2.0")
    )
    assert (old, new) == pytest.approx((91.0, 117.0), rel=0.01)


@pytest.mark.parametrize(
    ("shape", "dtype", "measured"),
    [
        ([(8192, 4096)], "float32", 257.3),
        ([(6144, 3072), (3072, 6144)], "float32", 217.3),
        ([(1024, 1024)] * 32, "float32", 145.5),
        ([(512, 512)] * 20 + [(16384, 512)], "float32", 90.5),
        ([(60000, 512)], "float32", 235.3),
        ([(2048, 2048)] * 8, "float16", 249.5),
        ([(512, 512, 3, 3)] * 12, "float32", 343.4),
        ([(64, 3, 3, 3)] + [(2 * n, n, 3, 3) for n in (64, 128, 256, 512)] + [(1024, 1024, 3, 3)], "float32", 263.1),
    ],
)
def test_onnx_runtime_copies_and_packs(shape, dtype, measured):
    tensors = tuple(Tensor(f"w{i}", dtype, each) for i, each in enumerate(shape))
    file = ModelFile("m.onnx", "onnx", 1, {}, tensors=tensors, facts=Onnx(8, "", {}, {"ai.onnx": ("Gemm",)}))
    low, expected, high = (size / MIB for size in of_file(file, None).peak)
    assert low <= measured <= high
    assert expected == pytest.approx(measured, rel=0.11)


def test_products_that_are_packed_one_by_one_keep_more():
    file = ModelFile("m.onnx", "onnx", 1, {}, tensors=TENSORS, facts=Onnx(8, "", {}, {"ai.onnx": ("MatMul",)}))
    low, _, high = (size / MIB for size in of_file(file, None).peak)
    assert low <= 209.3 <= high


def test_onnx_weights_beside_the_file_are_mapped_and_packed():
    facts = Onnx(8, "", {}, {}, external=(External("w.bin", 8, "0.weight", 128 * MIB),))
    file = ModelFile("m.onnx", "onnx", 983, {}, tensors=TENSORS, facts=facts)
    taken = of_file(file, None)
    assert taken.peak.low < 129 * MIB <= taken.peak.high
    assert taken.mapped == 128 * MIB


EQUAL = [(2048, 2048)] * 8
ONE = [(4096, 8192)]
MIX = [(2048, 2048)] * 6 + [(2048, 16384)]


@pytest.mark.parametrize(
    ("keras", "shapes", "measured"),
    [
        ("3.15.1", EQUAL, 364), ("3.15.1", ONE, 917), ("3.15.1", MIX, 1044), ("3.15.1", [(40_000, 512)], 490),
        ("2.15.0", EQUAL, 246), ("2.15.0", ONE, 789), ("2.15.0", MIX, 932), ("2.15.0", [(40_000, 512)], 489),
    ],
)  # fmt: skip
def test_keras_has_its_largest_variable_several_times(keras, shapes, measured):
    versions = {"keras": keras, "tensorflow-cpu": "2.21.0", "numpy": "2.4.6"}
    tensors = tuple(Tensor(f"{i}", "float32", shape) for i, shape in enumerate(shapes))
    found = need(
        ModelFile("m.keras", "keras", sum(4 * a * b for a, b in shapes), {}, tensors=tensors), serving=versions
    )
    row = load("host_memory")["libraries"]["tensorflow"]["first_use"]
    low, expected, high = of_model(found)
    assert low + row[0] <= measured <= high + row[2]
    assert expected + row[1] == pytest.approx(measured, rel=0.16)


# --- together ---------------------------------------------------------------------------------------------------------


def test_several_files_are_all_kept_and_one_is_at_its_peak():
    files = (ModelFile("a.txt", "lightgbm", 10 * MIB, {}), ModelFile("b.cbm", "catboost", 10 * MIB, {}))
    found = need(*files)
    terms = {t.name.partition(":")[0]: t.size.expected / MIB for t in found.terms}
    assert terms["model in memory"] == pytest.approx(10 + 20.2, rel=0.01)
    assert terms["while loading"] == pytest.approx(18, rel=0.01)


def test_only_what_the_handler_opens_is_loaded():
    files = (ModelFile("a.txt", "lightgbm", 10 * MIB, {}), ModelFile("b.cbm", "catboost", 10 * MIB, {}))
    code = "import os\nimport lightgbm\n\n\ndef model_fn(model_dir):\n"
    code += "    return lightgbm.Booster(model_file=os.path.join(model_dir, 'a.txt'))\n"
    found = need(*files, script=code)
    libraries = found.terms[0].how
    assert of_model(found)[1] == 28
    assert "lightgbm" in libraries
    assert "catboost" not in libraries


def test_no_model_is_unknown():
    with pytest.raises(Unknown, match="no file of the artifact"):
        need()


def test_libraries_follow_the_handler_the_files_and_the_stack():
    parts = subject(script="import pandas\nimport torch\nimport json\nimport myown.thing\n")
    libraries, others = used((), parts.handler, "huggingface")
    assert {"pandas", "torch", "transformers", "numpy", "scipy", "python"} <= libraries
    assert others == {"myown"}


def test_a_library_that_was_not_measured_widens_the_range():
    found = need(torch_file("module"), script="import fancylib\n" + script("return 1"), serving=CPU)
    plain = need(torch_file("module"), script=script("return 1"), serving=CPU)
    assert found.size.high > plain.size.high
    assert any("fancylib" in doubt for doubt in found.doubts)


def test_cpu_builds_of_torch_take_less():
    file, code = torch_file("module"), script("return torch.load(f'{model_dir}/model.pt', weights_only=False)")
    cpu = need(file, script=code, serving=CPU).terms[0].size
    cuda = need(file, script=code, serving={**CPU, "torch": "2.13.0"}).terms[0].size
    assert cpu.expected / MIB == pytest.approx(150 - 7, abs=4)
    assert cuda.expected / MIB == pytest.approx(286, abs=8)
    assert need(file, script=code).doubts  # nothing says which


def test_ranges_are_ordered():
    for file, _ in MEASURED:
        found = need(file)
        for low, expected, high in (found.size, *(term.size for term in found.terms)):
            assert 0 <= low <= expected <= high


def test_servers_stand_in_front_once():
    assert [t.name for t in host.server_terms("pytorch")] == ["TorchServe's JVM", "the toolkit's own process"]
    assert servers("") == ()
    assert sum(t.size.expected for t in host.server_terms("sklearn")) < 100 * MIB
