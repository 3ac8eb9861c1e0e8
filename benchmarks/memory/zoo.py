"""
Builds what a recipe describes: a model with random weights, and its inputs. Nothing is downloaded.

A recipe is a JSON object, one a line:

    id         its name in the table
    source     "torchvision", "timm", "transformers" or "custom"
    name       the constructor's name, the configuration's model type, or a class of custom.py
    config     keyword arguments of the constructor or configuration
    head       transformers alone: the class that makes the model of a configuration
    dtype      "float32", "float16" or "bfloat16"
    inputs     {position or keyword: {"shape": [...], "dtype": "int64" or none, "high": bound, "list": rows as a list}}
    call       "forward", or "generate" with the keyword arguments of "generate"
    grad       true: gradients are left on
    attention  transformers alone: "sdpa" or "eager"
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

Recipe = dict[str, Any]
SOURCES = ("torchvision", "timm", "transformers", "custom")
DTYPES = ("float32", "float16", "bfloat16")


def read(path: Path) -> list[Recipe]:
    """Read a file of recipes; raises ValueError that names the line for one that isn't a recipe."""
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    return [_checked(number, json.loads(line)) for number, line in enumerate(lines, 1)]


def _checked(number: int, recipe: Recipe) -> Recipe:
    lacking = {"id", "source", "name", "inputs"} - recipe.keys()
    if lacking:
        raise ValueError(f"recipe {number} lacks {', '.join(sorted(lacking))}")
    if recipe["source"] not in SOURCES or recipe.get("dtype", "float32") not in DTYPES:
        raise ValueError(f"recipe {number}: source {recipe['source']!r}, dtype {recipe.get('dtype')!r}")
    return recipe


def family(recipe: Recipe) -> str:
    """Return what the table counts together: the constructor or model type."""
    return str(recipe["name"])


def constructed(recipe: Recipe) -> nn.Module:
    """Return the module of a recipe in evaluation mode: on the CPU, or of transformers' on "meta"."""
    made = {"custom": _custom, "torchvision": _torchvision, "timm": _timm, "transformers": _transformers}
    module: nn.Module = made[recipe["source"]](recipe, dict(recipe.get("config", {}))).eval()
    return module


def _custom(recipe: Recipe, config: Recipe) -> nn.Module:
    import custom

    return custom.KNOWN[recipe["name"]](**config)


def _torchvision(recipe: Recipe, config: Recipe) -> nn.Module:
    import torchvision

    family = torchvision.models
    if recipe["name"] not in family.list_models():
        raise KeyError(recipe["name"])
    return family.get_model(recipe["name"], weights=None, **config)


def _timm(recipe: Recipe, config: Recipe) -> nn.Module:
    import timm

    return timm.create_model(recipe["name"], pretrained=False, **config)


def _transformers(recipe: Recipe, config: Recipe) -> nn.Module:
    import torch
    import transformers

    described = transformers.AutoConfig.for_model(recipe["name"], **config)
    if recipe.get("attention"):
        described._attn_implementation = recipe["attention"]  # noqa: SLF001 - for_model() has no argument for it
    head = getattr(transformers, recipe.get("head", "AutoModel"))
    with torch.device("meta"):
        return head.from_config(described, attn_implementation=recipe.get("attention", "sdpa"))


def loaded(recipe: Recipe, module: nn.Module, device: str) -> nn.Module:
    """
    Return the module on a device, in the recipe's dtype.

    What is on "meta" is made there empty and filled: tied weights are apart afterwards, each with bytes of its own.
    """
    import torch

    dtype = getattr(torch, recipe.get("dtype", "float32"))
    if not any(each.is_meta for each in module.parameters()):
        return module.to(dtype).to(device)
    module = module.to(dtype).to_empty(device=device)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.is_floating_point():
                parameter.normal_(0, 0.02)
        for name, buffer in module.named_buffers():
            _fill(name, buffer)
    return module


def _fill(name: str, buffer: torch.Tensor) -> None:
    import torch

    if buffer.is_floating_point():
        buffer.normal_(0, 0.02)
    elif "position_ids" in name:
        buffer.copy_(torch.arange(buffer.numel(), device=buffer.device).view(buffer.shape))
    else:
        buffer.zero_()


def inputs(recipe: Recipe, device: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the inputs of a recipe on a device: positional ones and keywords."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for key, spec in recipe["inputs"].items():
        value = _input(spec, recipe.get("dtype", "float32"), device)
        if key.isdigit():
            args.append(value)
        else:
            kwargs[key] = value
    return args, kwargs


def _input(spec: Recipe, dtype: str, device: str) -> Any:
    import torch

    if spec.get("dtype") == "int64":
        value = torch.randint(0, spec.get("high", 100), spec["shape"], device=device)
    else:
        value = torch.randn(spec["shape"], device=device, dtype=getattr(torch, dtype))
    return list(value) if spec.get("list") else value


def build(recipe: Recipe, device: str) -> tuple[nn.Module, list[Any], dict[str, Any]]:
    """Return the module of a recipe on a device, and its inputs."""
    module = loaded(recipe, constructed(recipe), device)
    return module, *inputs(recipe, device)


def calling(recipe: Recipe, module: nn.Module, args: list[Any], kwargs: dict[str, Any]) -> Callable[[], Any]:
    """Return what a request does."""
    if recipe.get("call") == "generate":
        options = recipe.get("generate", {})
        return lambda: module.generate(*args, **kwargs, **options)  # type: ignore[operator]
    return lambda: module(*args, **kwargs)
