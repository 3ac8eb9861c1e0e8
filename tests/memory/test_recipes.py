"""The memory benchmark: recipes, what is counted, and the allocators as recorded on the phantom runtime."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = ROOT / "benchmarks" / "memory"
RECORDED = json.loads((Path(__file__).parent / "allocators.json").read_text())["scenarios"]


def module(name):
    """Import one of the benchmark's modules, whose names are too general for sys.path."""
    spec = importlib.util.spec_from_file_location(f"bench_memory_{name}", HERE / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


zoo = module("zoo")
comparing = module("comparing")
allocator = module("allocator")


def test_recipes_are_read_and_named_once():
    recipes = zoo.read(HERE / "recipes.jsonl")
    assert len(recipes) == 61
    held_out = zoo.read(HERE / "held_out.jsonl")
    assert len(held_out) >= 40
    names = [recipe["id"] for recipe in recipes + held_out]
    assert len(set(names)) == len(names)


def test_held_out_recipes_are_of_other_families():
    families = {zoo.family(recipe) for recipe in zoo.read(HERE / "recipes.jsonl")}
    assert not families & {zoo.family(recipe) for recipe in zoo.read(HERE / "held_out.jsonl")}


def test_what_is_no_recipe_is_named(tmp_path):
    (tmp_path / "r").write_text('{"id": "a", "source": "timm", "name": "x", "inputs": {}}\n{"id": "b"}\n')
    with pytest.raises(ValueError, match="recipe 2 lacks inputs, name, source"):
        zoo.read(tmp_path / "r")
    (tmp_path / "r").write_text('{"id": "a", "source": "hub", "name": "x", "inputs": {}}')
    with pytest.raises(ValueError, match="recipe 1: source 'hub'"):
        zoo.read(tmp_path / "r")


def test_inputs_and_a_module_are_built():
    torch = pytest.importorskip("torch", reason="torch isn't installed here: no recipe was built")
    sys.modules.setdefault("custom", module("custom"))
    recipe = {
        "id": "x",
        "source": "custom",
        "name": "TabularMLP",
        "dtype": "float16",
        "config": {"features": 8, "width": 16, "depth": 1},
        "inputs": {"0": {"shape": [2, 8]}, "ids": {"shape": [3], "dtype": "int64", "high": 5, "list": True}},
    }
    built, args, kwargs = zoo.build(recipe, "cpu")
    assert {p.dtype for p in built.parameters()} == {torch.float16}
    assert not built.training
    assert args[0].shape == (2, 8)
    assert args[0].dtype == torch.float16
    assert len(kwargs["ids"]) == 3


def row(said, true, **more):
    known = {"peak_reserved": said, "peak_allocated": said, "parameters": 5, "buffers": 0}
    found = {"peak_reserved_2": true, "peak_allocated_2": true, "parameter_bytes": 5, "buffer_bytes": 0}
    return comparing.Compared("A10G", "r", "f", found, {**known, **more})


def test_shares_and_errors_are_counted():
    said = comparing.summary([row(100, 100), row(100, 100), row(100, 100), row(98, 100)])
    assert (said.count, said.failed, said.exact, said.median, said.mean, said.worst) == (4, 0, 75, 0, 0.5, 2)
    assert [name for name, met in comparing.TARGETS if not met(said)] == []


def test_a_failure_is_neither_exact_nor_right():
    said = comparing.summary([row(100, 100), row(100, 100, error="RuntimeError: no")])
    assert (said.failed, said.exact, said.worst) == (1, 50, 0)
    missed = [name for name, met in comparing.TARGETS if not met(said)]
    assert missed == ["peak reserved exact for at least 70 %", "no failures"]


def test_parameters_that_differ_miss_their_target():
    said = comparing.summary([row(100, 100, parameters=4)])
    assert [name for name, met in comparing.TARGETS if not met(said)] == ["parameter bytes exact"]


@pytest.mark.parametrize("name", RECORDED)
def test_the_port_does_as_the_recorded_allocator(name):
    scenario = allocator.SCENARIOS[name]
    said = allocator.compare(allocator.ported(scenario), allocator.ported(scenario), scenario, 2000)
    assert said["states"] == [tuple(state) for state in RECORDED[name]["states"]]
    assert said["refused"] == RECORDED[name]["refused"]
