"""What the model needs of a disk and of shared memory, and how long it takes until it serves."""

from __future__ import annotations

import pytest

from doctor.artifact.tree import Artifact, Member
from doctor.formats.kinds.base import ModelFile
from doctor.memory import disk
from doctor.memory.values import Place, Range
from doctor.model import Unknown
from doctor.target import Target
from tests.deployments import deployment

GB = 10**9
LOADER = (
    "import torch\n\n\ndef predict_fn(data, model):\n    return torch.utils.data.DataLoader(data, num_workers={})\n"
)


def artifact(size=2 * GB, stored=GB, container="tar.gz"):
    return Artifact("model.tar.gz", container, {"model.pt": Member("model.pt", "file", size)}, {}, stored=stored)


def handler(code):
    return deployment(artifact={"code/inference.py": code}).part("handler")


def test_unpacked_files_are_what_is_surely_there():
    need = disk.on_disk(artifact(), "pytorch")
    assert need.place is Place.DISK
    assert need.size == Range(2 * GB, 2 * GB, 3 * GB)
    assert disk.on_disk(artifact(container="directory"), "pytorch").size == Range.exactly(2 * GB)


def test_the_hugging_face_server_copies_them():
    assert disk.on_disk(artifact(), "huggingface").size.low == 4 * GB


@pytest.mark.parametrize(
    ("target", "gib"),
    [
        (Target("ml.m5.xlarge", endpoint="realtime"), 30),
        (Target(endpoint="serverless"), 5),
        (Target("ml.m5.xlarge", endpoint="batch"), 30),
    ],
)
def test_room_by_kind_of_endpoint(target, gib):
    assert disk.room(target) == gib << 30


@pytest.mark.parametrize("instance", ["ml.m5d.large", "ml.g5.xlarge", "ml.c6gd.xlarge", "ml.g4dn.xlarge"])
def test_instances_with_disks_of_their_own_are_unknown(instance):
    with pytest.raises(Unknown, match=instance):
        disk.room(Target(instance, endpoint="realtime"))


def test_a_data_loader_keeps_two_batches_a_process():
    need = disk.shared(handler(LOADER.format(4)), batch=10_000_000)
    assert need.size.expected == 80_000_000 > disk.shared_room()
    assert need.place is Place.SHARED


def test_batches_of_unknown_size_are_a_doubt():
    need = disk.shared(handler(LOADER.format(4)))
    assert need.size.low == 0
    assert need.doubts


def test_none_or_a_computed_number_of_processes():
    assert disk.shared(handler(LOADER.format(0))).terms == ()
    with pytest.raises(Unknown, match="computed"):
        disk.shared(handler("import os\n" + LOADER.format("os.cpu_count()")))


def test_four_instances_of_triton_fill_shared_memory():
    assert disk.triton_shared(4).size.expected == disk.shared_room()
    assert disk.triton_shared(5, 1 << 20).size.expected == 5 << 20


def test_times_are_ranges_in_order():
    file = ModelFile("model.pt", "torch-zip", 2 * GB, {})
    found = disk.times(artifact(), (file,), frozenset({"python", "torch"}), "pytorch")
    for each in (*found, found.before_start, found.until_ready):
        assert 0 <= each.low <= each.expected <= each.high
    assert found.unpack.low == pytest.approx(8.0)
    assert found.download.expected == pytest.approx(10.0)
    assert disk.times(artifact(container="directory"), (file,), frozenset()).unpack.high == 0


def test_formats_that_are_parsed_take_longer():
    plain, parsed = (
        disk.times(artifact(), (ModelFile("m", name, GB, {}),), frozenset()).load.low
        for name in ("npy", "xgboost-json")
    )
    assert parsed > plain + 10
