from __future__ import annotations

import contextlib
import io
import pickle
import random
import zipfile

import pytest

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.kinds.base import Symbol, bytes_by_dtype
from doctor.formats.recognise import reader, recognise
from doctor.formats.stream import Stream, stream_of
from doctor.formats.torchcode import Code
from tests.torchfiles import (
    CHECKPOINT,
    GPU_STATE_DICT,
    LEGACY,
    PREFIXED,
    QUANTIZED,
    SCRIPT,
    STATE_DICT,
    WHOLE,
    file_of,
)  # fmt: skip

KEYS = ("hidden.weight", "hidden.bias", "out.weight", "out.bias")


def read(data, path="model.pth"):
    return reader(recognise(data[:4096], path))(stream_of(data), path, len(data))


@pytest.mark.parametrize(("fixture", "word"), [(STATE_DICT, "torch-zip"), (LEGACY, "torch-legacy")])
def test_a_state_dict(fixture, word):
    found = read(file_of(fixture))
    assert found.format == word
    assert found.facts.layout == "state-dict"
    assert found.facts.state_keys == KEYS
    assert [(t.name, t.dtype, t.shape, t.device) for t in found.tensors] == [
        ("hidden.weight", "float32", (8, 4), "cpu"),
        ("hidden.bias", "float32", (8,), "cpu"),
        ("out.weight", "float32", (2, 8), "cpu"),
        ("out.bias", "float32", (2,), "cpu"),
    ]
    assert bytes_by_dtype(found.tensors) == {"float32": 232}
    assert found.facts.version == ("" if word == "torch-legacy" else "3")


def test_devices_prefixes_and_quantized_tensors():
    assert {t.device for t in read(file_of(GPU_STATE_DICT)).tensors} == {"cuda:0"}
    assert read(file_of(PREFIXED)).facts.state_keys == tuple(f"module.{k}" for k in KEYS)
    quantized = read(file_of(QUANTIZED))
    assert "hidden._packed_params._packed_params" in quantized.facts.state_keys
    assert {t.dtype for t in quantized.tensors if t.quantized} == {"qint8"}


def test_a_checkpoint():
    found = read(file_of(CHECKPOINT)).facts
    assert (found.layout, found.weights, found.optimizer) == (
        "checkpoint",
        "model_state_dict",
        ("optimizer_state_dict",),
    )
    assert found.keys == ("epoch", "model_state_dict", "optimizer_state_dict")
    assert found.state_keys == KEYS
    assert found.optimizer_bytes == 2 * 232 + 4 * 4  # two moments of each weight, and a step of each of 4 tensors


def test_a_whole_module():
    found = read(file_of(WHOLE))
    assert found.facts.layout == "module"
    assert found.facts.module == Symbol("__main__", "Net")
    assert [t.name for t in found.tensors] == list(KEYS)
    assert Symbol("torch.nn.modules.linear", "Linear") in found.symbols


def test_a_trace():
    found = read(file_of(SCRIPT, "model.pt"), "model.pt")
    facts = found.facts
    assert found.format == "torchscript"
    assert (facts.version, facts.root, facts.traced) == (3, "__torch__.Net", True)
    assert facts.forward.signature == "forward(x: Tensor) -> Tensor"
    assert [(t.dtype, t.shape) for t in facts.examples] == [("float32", (1, 4))]
    assert [t.name for t in found.tensors] == list(KEYS)
    assert [p.name for p in found.inputs] == ["x"]
    assert found.symbols == ()


def test_devices_operators_and_versions_of_scripts():
    baked = read(file_of("sick/torchscript-device-baked", "model.pt"), "model.pt").facts.devices[0]
    assert (baked.what, baked.path.startswith("code/__torch__")) == ("cuda:0", True)
    foreign = read(file_of("sick/torchscript-operator-unregistered", "model.pt"), "model.pt").facts.operators
    assert [o.what for o in foreign] == ["torchvision::nms"]
    assert read(file_of("sick/torchscript-file-too-new", "model.pt"), "model.pt").facts.version == 9
    two = read(file_of("sick/trace-inputs-mismatch--too-few", "model.pt"), "model.pt").facts
    assert [a.name for a in two.forward.arguments] == ["values", "mask"]


def test_signatures():
    code = Code()
    text = """class Net(Module):
  def forward(self: __torch__.Net,
    ids: Tensor,
    options: Dict[str, List[Tensor]],
    mask: Optional[Tensor]=None,
    scale: float=1.) -> Tuple[Tensor, Tensor]:
    return ids, mask
  def helper(self: __torch__.Net) -> NoneType:
    return torch.cuda(x, None, False)
"""
    code.take("code/__torch__.py", stream_of(text.encode()))
    forward = code.method("__torch__.Net", "forward")
    assert [(a.name, a.required) for a in forward.arguments] == [
        ("ids", True), ("options", True), ("mask", False), ("scale", False),
    ]  # fmt: skip
    assert forward.returns == "Tuple[Tensor, Tensor]"
    assert code.methods("__torch__.Net") == ("forward", "helper")
    assert [d.what for d in code.devices] == ["cuda"]


def zipped(value, extra=()):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("archive/data.pkl", value if isinstance(value, bytes) else pickle.dumps(value, 2))
        for name, data in extra:
            archive.writestr(f"archive/{name}", data)
    return target.getvalue()


@pytest.mark.parametrize("value", [{}, [], 1, None, "x", {"a": 1}, {1: 2}, (1, {"state": {}, "param_groups": []})])
def test_other_pickles(value):
    assert read(zipped(value)).facts.layout == "other"


def test_no_pytorch_file():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("archive/version", "3")
    with pytest.raises(Unreadable, match=r"without data\.pkl"):
        read(target.getvalue())


def test_a_pickle_deep_and_shared_is_bounded():
    deep = b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b"."
    assert read(zipped(deep)).tensors == ()
    doubled = []
    for _ in range(40):
        doubled = [doubled, doubled]
    assert read(zipped(doubled)).tensors == ()


@pytest.mark.parametrize(("fixture", "name"), [(STATE_DICT, "model.pth"), (LEGACY, "model.pth"), (SCRIPT, "model.pt")])
def test_every_truncation_is_told(fixture, name):
    data = file_of(fixture, name)
    read_as = reader(recognise(data[:4096], name))
    for end in range(0, len(data), 5):
        with pytest.raises(Unreadable) as told:
            read_as(stream_of(data[:end]), name, end)
        assert isinstance(told.value, EndsEarly) or "ends at byte" in str(told.value)


def test_weights_are_not_read():
    count = 64 << 20  # bytes of a storage that are never there
    value = pickle_of_storage(count // 4)
    head = zipped(value)
    entry = b"PK\x03\x04\x00\x00\x08\x08\x00\x00" + bytes(16) + len(b"archive/data/0").to_bytes(2, "little") + b"\0\0"
    first, index = head.split(b"PK\x01\x02", 1)
    behind = b"PK\x07\x08" + bytes(4) + count.to_bytes(4, "little") * 2 + b"PK\x01\x02" + index
    behind = behind.replace(b"PK\x05\x06", b"PK\x01\x02" + bytes(42) + b"PK\x05\x06")
    front = first + entry + b"archive/data/0"
    at = 0
    pulled = 0

    def pull(wanted):
        nonlocal at, pulled
        wanted = min(wanted, 1 << 12)
        whole = front[at : at + wanted] or (
            behind[at - len(front) - count :][:wanted] if at >= len(front) + count else bytes(wanted)
        )
        at += len(whole)
        pulled += len(whole)
        return whole

    def leap(distance):
        nonlocal at
        at += distance

    size = len(front) + count + len(behind)
    found = reader("torch-zip")(Stream(pull, size, leap), "model.pth", size)
    assert bytes_by_dtype(found.tensors) == {"float32": count}
    assert pulled < 1 << 20


def pickle_of_storage(elements):
    parts = [
        b"\x80\x02}X\x01\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n",
        b"X\x01\0\0\0" + b"0X\x03\0\0\0cpuJ" + elements.to_bytes(4, "little") + b"tQK\0J",
        elements.to_bytes(4, "little") + b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRs.",
    ]
    return b"".join(parts)


def test_whatever_the_bytes():
    chance = random.Random(3)
    files = [(file_of(f, n), n) for f, n in ((CHECKPOINT, "model.pth"), (SCRIPT, "model.pt"), (LEGACY, "model.pth"))]
    for _ in range(1500):
        whole, name = chance.choice(files)
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(Unreadable):
            reader(recognise(whole[:4096], name))(stream_of(bytes(data)), name, len(data))
