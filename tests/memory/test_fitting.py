"""Needs held against memories, and what instances come to."""

from __future__ import annotations

import pytest

from doctor import facts
from doctor.memory import fitting, processes
from doctor.memory.gpus import gpu_of, of_hardware, on_device
from doctor.memory.values import Need, Place, Range, Term, Tier, Verdict
from doctor.model import Unknown

GIB = 1 << 30


def need(low: float, expected: float, high: float, place: Place = Place.GPU) -> Need:
    return Need(place, (Term("weights", Range(int(low * GIB), int(expected * GIB), int(high * GIB))),))


@pytest.mark.parametrize(
    ("size", "verdict", "certain"),
    [
        ((8, 9, 10), Verdict.FITS, True),  # a twentieth of 15 is left
        ((8, 9, 14.9), Verdict.TIGHT, True),
        ((8, 14, 17), Verdict.TIGHT, False),
        ((14, 16.5, 18), Verdict.DOES_NOT_FIT, False),
        ((16.5, 17, 18), Verdict.DOES_NOT_FIT, True),
    ],
)
def test_a_range_against_a_range(size, verdict, certain):
    room = Range(15 * GIB, int(15.5 * GIB), 16 * GIB)
    assert fitting.judged(need(*size).size, room) == (verdict, certain)


def test_processes_share_a_memory():
    one = fitting.held(need(2, 2, 2), 4, Range.exactly(10 * GIB))
    assert (one.size.expected, one.verdict) == (8 * GIB, Verdict.FITS)
    assert one.share == pytest.approx(0.8)


def test_the_worst_memory_decides():
    gpu = fitting.held(need(1, 1, 1), 1, Range.exactly(15 * GIB))
    host = fitting.held(need(20, 20, 20, Place.HOST), 1, Range.exactly(15 * GIB))
    found = fitting.fit("ml.g4dn.xlarge", None, 1, [gpu, host], [])
    assert found.verdict is Verdict.DOES_NOT_FIT
    assert found.reasons == ("host memory: needs 20.0 GiB, has 15.0 GiB",)


def test_what_is_not_known_is_no_fit():
    gpu = fitting.held(need(1, 1, 1), 1, Range.exactly(15 * GIB))
    assert fitting.fit("x", None, 1, [gpu], ["nobody says"]).verdict is Verdict.UNKNOWN
    assert fitting.fit("x", None, 0, [], []).verdict is Verdict.UNKNOWN


def test_every_instance_type_is_there_once_the_smallest_gpus_first():
    names = [name for name, _ in fitting.instances()]
    assert sorted(names) == sorted(facts.load("instances")["instances"])
    with_gpu = [name for name, row in fitting.instances(lambda _n, row: "gpu" in row)]
    assert with_gpu.index("ml.p2.xlarge") < with_gpu.index("ml.g4dn.xlarge") < with_gpu.index("ml.p5.48xlarge")


def test_every_gpu_of_hosting_is_known_but_for_one_of_which_nobody_says_the_memory():
    rows = dict(fitting.instances(lambda _n, row: "gpu" in row))
    without = [name for name, row in rows.items() if of_hardware(row) is None]
    assert without == ["ml.p6e-gb200.36xlarge"]
    for name, row in rows.items():
        if name not in without:
            gpu = of_hardware(row)
            assert gpu.capability, name
            assert gpu.sms, name
            # CUDA never sees more than EC2 says, but for a decimal unit there (A10G, L4, L40S)
            assert gpu.visible.low <= gpu.visible.expected <= gpu.visible.high <= row["gpu"]["memory_mib"] << 20


def test_two_kinds_of_one_name_are_told_apart():
    assert gpu_of("A100", 40960).visible.high < 40 * GIB < 79 * GIB < gpu_of("A100", 81920).visible.low
    assert len(fitting.gpu_kinds()) == 14


@pytest.mark.parametrize(
    ("name", "total", "expected"),
    [
        ("NVIDIA A10G", 23028, "A10G"),
        ("Tesla T4", 15360, "T4"),
        ("NVIDIA A100-SXM4-40GB", 40960, "A100"),
        ("NVIDIA H200", 143771, "H200"),
    ],
)
def test_a_gpu_at_hand_is_known_by_its_drivers_name(name, total, expected):
    gpu = on_device(name, (), total << 20)
    assert gpu.name == expected
    assert gpu.visible.high <= total << 20


def test_a_gpu_that_hosting_does_not_have():
    gpu = on_device("NVIDIA GeForce RTX 4090", (8, 9), 24564 << 20)
    assert (gpu.name, gpu.capability, gpu.known) == ("NVIDIA GeForce RTX 4090", (8, 9), False)
    assert 23 * GIB < gpu.visible.low < gpu.visible.high < 24564 << 20


def test_amounts():
    assert [fitting.amount(n) for n in (320 << 20, int(1.206 * GIB), 22 * GIB)] == ["320 MiB", "1.21 GiB", "22.0 GiB"]


@pytest.mark.parametrize(
    ("stack", "variables", "instance", "expected"),
    [
        ("pytorch", {}, "ml.g4dn.12xlarge", (1, 4)),
        ("pytorch", {"SAGEMAKER_MODEL_SERVER_WORKERS": "8"}, "ml.g4dn.12xlarge", (2, 8)),
        ("pytorch", {"SAGEMAKER_MODEL_SERVER_WORKERS": "3"}, "ml.g5.xlarge", (3, 3)),
        ("pytorch", {}, "ml.m5.xlarge", (0, 4)),
        ("pytorch", {"SAGEMAKER_MULTI_MODEL": "true"}, "ml.m5.xlarge", (0, 1)),
        ("vllm", {}, "ml.g5.12xlarge", (1, 1)),
        ("", {}, "ml.m5.xlarge", (0, 1)),
    ],
)
def test_processes_that_hold_the_model(stack, variables, instance, expected):
    hardware = facts.load("instances")["instances"][instance]
    assert processes.counted(stack, variables, hardware)[:2] == expected


def test_workers_as_the_user_said():
    hardware = facts.load("instances")["instances"]["ml.g4dn.12xlarge"]
    assert processes.counted("pytorch", {}, hardware, 2)[:2] == (2, 8)
    with pytest.raises(Unknown, match="no number of workers"):
        processes.counted("pytorch", {"SAGEMAKER_MODEL_SERVER_WORKERS": "auto"}, hardware)


def test_what_answers_is_the_tier_of_the_largest_term_that_is_no_weights():
    terms = (
        Term("weights", Range.exactly(9), "", Tier.HEADERS),
        Term("activations", Range.exactly(5), "", Tier.TRACE),
        Term("CUDA context", Range.exactly(1), "", Tier.TABLES),
    )
    assert Need(Place.GPU, terms).tier is Tier.TRACE
    assert Need(Place.GPU, terms[:1]).tier is Tier.HEADERS
    assert Need(Place.GPU, ()).tier is Tier.HEADERS
