"""What a trace told, read and made into terms; it comes from where a model's code ran, so it is not trusted."""

from __future__ import annotations

import pytest

from doctor.memory.gpus import gpu_of
from doctor.memory.traced import read
from doctor.memory.values import Place, Tier

MIB = 1 << 20
A10G = gpu_of("A10G", 22888)


def row(batch: int = 1, **other: object) -> dict[str, object]:
    return {
        "gpu": dict(A10G.asked()),
        "batch": batch,
        "tokens": 128,
        "parameters": 400 * MIB,
        "buffers": 1 * MIB,
        "loaded_allocated": 402 * MIB,
        "loaded_reserved": 410 * MIB,
        "peak_allocated": (410 + 10 * batch) * MIB,
        "peak_reserved": (430 + 10 * batch) * MIB,
        "workspace": 8 * MIB,
        "coverage": 1.0,
        "inexact": [],
        "top": [["encoder.layer.0", 5 * MIB]],
        "gradients": False,
        **other,
    }


def told(*rows: object, **other: object) -> dict[str, object]:
    return {"way": "model_fn of code/inference.py", "torch": "2.13.0", "parameters": 1, "runs": list(rows), **other}


def test_the_terms_add_up_to_what_is_reserved_and_the_context():
    need = read(told(row())).need(A10G, 1)
    sizes = {t.name: t.size.expected // MIB for t in need.terms}
    assert sizes == {
        "weights": 401,
        "copies left by loading": 1,
        "activations": 10,
        "matrix workspace": 8,
        "kept by the allocator": 20,
        "CUDA context": 320,
    }
    assert need.place is Place.GPU
    assert need.tier is Tier.TABLES  # the context is the largest that isn't weights
    assert need.size.expected == 440 * MIB + A10G.context.expected


def test_what_no_exact_rule_covers_widens_the_range():
    need = read(told(row(coverage=0.9, inexact=["aten.convolution.default"]))).need(A10G, 1)
    unknown = next(t for t in need.terms if "known" in t.name)
    assert unknown.size.low == 0 < unknown.size.expected < unknown.size.high
    assert unknown.size.high >= 256 * MIB  # cuDNN's workspace
    assert need.doubts == ("no exact rule for aten.convolution.default",)
    assert need.coverage == 0.9


def test_activations_kept_for_gradients_are_called_so():
    need = read(told(row(gradients=True))).need(A10G, 1)
    assert any(t.name == "activations, kept for gradients" for t in need.terms)


def test_the_largest_batch_is_told_by_how_two_runs_grow():
    traced = read(told(row(8), row(16)))
    room = A10G.visible.low - A10G.context.expected
    assert traced.largest_batch(A10G, 1) == (room - 430 * MIB) // (10 * MIB)
    assert traced.largest_batch(A10G, 2) < traced.largest_batch(A10G, 1)
    assert read(told(row(8))).largest_batch(A10G, 1) == 0


def test_gpus_of_one_name_are_told_apart_by_their_memory():
    small, large = gpu_of("A100", 40960), gpu_of("A100", 81920)
    rows = [row(gpu=dict(gpu.asked()), peak_reserved=(500 + n) * MIB) for n, gpu in enumerate((small, large))]
    traced = read(told(*rows))
    assert [traced.of(gpu)[0].reserved // MIB for gpu in (small, large)] == [500, 501]
    assert traced.need(gpu_of("T4", 16384), 1) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"runs": "many"},
        {"runs": [None, 3, {}, {"gpu": "A10G"}]},
        told(row(peak_reserved=-1)),
        told(row(peak_reserved=1 << 60)),
        told(row(peak_allocated="all")),
        told(row(peak_allocated=10**9, peak_reserved=10**8)),
    ],
)
def test_what_is_not_as_documented_is_left_out(wrong):
    assert read(wrong).runs == ()


def test_strange_details_do_no_harm():
    (run,) = read(told(row(coverage="all", inexact=[1, "x" * 900], top=[["a"], 3, [1, 2]], workspace=True))).runs
    assert run.coverage == 0.0
    assert run.inexact == ("", "x" * 200)
    assert run.top == (("", 2),)
    assert run.workspace == 0
