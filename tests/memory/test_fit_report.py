"""The answer of ``doctor fit``, as text and as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from doctor.memory import fitting
from doctor.memory.estimate import Estimate, Measured
from doctor.memory.gpus import of_hardware
from doctor.memory.values import Need, Place, Range, Term, Tier, Verdict, Workload
from doctor.report import fit

GIB = 1 << 30
SCHEMA = json.loads((Path(__file__).parent.parent.parent / "docs" / "fit.schema.json").read_text())
HOST = Need(Place.HOST, (Term("libraries", Range(GIB, 2 * GIB, 3 * GIB), "torch"),))


def estimate(chosen: str = "", **other: object) -> Estimate:
    """A model that takes 13.5 GiB of weights and 1.5 of activations."""
    fits = []
    for name, row in fitting.instances(lambda n, r: "gpu" in r or n.startswith("ml.m5.")):
        gpu = of_hardware(row)
        held = [fitting.held(HOST, 1, fitting.host_room(row["memory_mib"]))]
        if gpu is not None:
            terms = (
                Term("weights", Range.exactly(int(13.5 * GIB)), "as stored"),
                Term("activations", Range.exactly(int(1.5 * GIB)), "batch 8", Tier.TRACE),
                gpu.context_term,
            )
            held.insert(0, fitting.held(Need(Place.GPU, terms, 0.98), 1, gpu.visible))
        unknown = ["nobody says"] if "gpu" in row and gpu is None else []
        fits.append(fitting.fit(name, gpu, row.get("gpu", {}).get("count", 0), held, unknown))
    said = {"tier": Tier.TRACE, "way": "model_fn of code/inference.py", "coverage": 0.98, **other}
    return Estimate({"artifact": "m.tar.gz"}, Workload(8, 512), fits=tuple(fits), chosen=chosen, **said)


def text(found: Estimate, verbosity: int = 0, width: int = 100) -> list[str]:
    return fit.render(found, verbosity=verbosity, colour=False, width=width).splitlines()


def test_a_table_over_all_types_with_a_gpu_and_the_smallest_of_each_family_without():
    lines = text(estimate())
    for name, _ in fitting.instances(lambda _n, row: "gpu" in row):
        assert sum(line.startswith(f"{name} ") for line in lines) == 1, name
    assert next(line for line in lines if line.startswith("ml.p2.xlarge")).endswith("▶  does not fit  gpu")
    assert next(line for line in lines if line.startswith("ml.g5.xlarge ")).endswith(" fits")
    assert " unknown " in next(line for line in lines if line.startswith("ml.p6e-gb200.36xlarge"))
    assert [line.split()[0] for line in lines if line.startswith("ml.m5.")] == ["ml.m5.large"]


def test_all_types_are_shown_where_asked_for():
    assert sum(line.startswith("ml.m5.") for line in text(estimate(), verbosity=1)) == 6


def test_each_term_has_its_bar_and_where_it_is_from():
    lines = text(estimate("ml.g5.xlarge"))
    weights = next(line for line in lines if line.startswith("  weights"))
    assert "13.5 GiB" in weights
    assert "█████" in weights
    assert weights.endswith("as stored [headers]")
    whole = next(line for line in lines if line.startswith("  in all"))
    assert whole.endswith("of 22.1 GiB: 69%")
    assert not any(line.startswith("ml.p2.xlarge") for line in lines)
    assert "ml.g5.xlarge: fits" in lines


def test_what_does_not_fit_says_why_and_what_to_change():
    lines = text(estimate("ml.p2.xlarge", advice=("take ml.g5.xlarge",), doubts=("no exact rule for aten.foo",)))
    assert "ml.p2.xlarge: does not fit (GPU memory: needs 15.2 GiB, has 11.2 GiB)" in lines
    assert "change: take ml.g5.xlarge" in lines
    assert "doubt: no exact rule for aten.foo" in lines


def test_measured_stands_beside_estimated():
    seen = Measured("NVIDIA A10G", "580.65", 22 * GIB, 15 * GIB, 14 * GIB, 15 * GIB + (150 << 20))
    lines = text(estimate("ml.g5.xlarge", measured=seen))
    assert "measured on NVIDIA A10G (driver 580.65): 15.0 GiB of 22.0 GiB" in lines
    assert "estimated: 15.1 GiB, +1.0%; reserved by PyTorch: 14.0 GiB" in lines


@pytest.mark.parametrize("width", [60, 80, 160])
def test_lines_keep_to_the_width(width):
    assert all(len(line) <= width for line in text(estimate(), width=width))


def test_the_text_is_the_same_with_and_without_colour():
    coloured = fit.render(estimate(), verbosity=0, colour=True, width=100)
    assert "\x1b[" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == text(estimate())


def test_a_name_cannot_write_to_the_terminal():
    found = estimate()._replace(subject={"artifact": "\x1b[31mred.tar.gz"}, way="\x1b]0;title\x07")
    assert "\x1b" not in "\n".join(text(found))


@pytest.mark.parametrize("chosen", ["", "ml.g5.xlarge"])
def test_json_keeps_to_its_schema(chosen):
    value = json.loads(fit.as_json(estimate(chosen, measured=Measured("a", "b", 3, 2, 1, 2))))
    jsonschema.validate(value, SCHEMA)
    row = next(i for i in value["instances"] if i["instance"] == "ml.g5.xlarge")
    held = row["held"][0]
    assert sum(t["size"]["expected"] for t in held["terms"]) == held["need"]["expected"]


def test_exit_status():
    assert estimate().status == 0
    assert estimate("ml.g5.xlarge").status == 0
    assert estimate("ml.p2.xlarge").status == 1
    none = estimate()._replace(fits=tuple(f._replace(verdict=Verdict.DOES_NOT_FIT) for f in estimate().fits))
    assert none.status == 1


def test_ranges():
    assert fit.ranged(Range.exactly(GIB)) == "1.00 GiB"
    assert fit.ranged(Range(GIB, 2 * GIB, 3 * GIB)) == "2.00 GiB (1.00-3.00)"
    assert fit.ranged(Range(1 << 20, 2 * GIB, 3 * GIB)) == "2.00 GiB (1 MiB-3.00 GiB)"
