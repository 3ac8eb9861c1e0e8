"""What a torch module, a TorchScript module or an exported program takes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from doctor.trials.probe.inputs import graphs, layers
from doctor.trials.probe.inputs.making import example
from doctor.trials.probe.inputs.searching import Search
from doctor.trials.probe.inputs.values import Input, NotFound, Signature

_MOST_LAYERS = 12


def discover(model: Any, call: Callable[[Any, Any], Any], seconds: float) -> Signature:
    """
    Return what a torch model takes; NotFound where nothing that was tried works.

    Args:
        model: a module of any sort.
        call: `calling.call`.
        seconds: that trying may take.
    """
    exported = _exported(model)
    if exported is not None:
        return exported
    names, envelope = parameters(model)
    needs, told = _needs(model)
    search = Search(lambda inputs: _try(model, inputs, envelope, call, 2), seconds)
    candidates = _candidates(model, names, needs, told)
    found = search.over(candidates)
    if found is None or not _takes_one(model, found, envelope, call):
        alone = Search(lambda inputs: _try(model, inputs, envelope, call, 1), seconds / 2)
        single = alone.over(candidates)
        found, search = (single, alone) if single is not None else (found, search)
    if found is None:
        raise NotFound(_reason(names, told, search))
    told += _shared_words(found)
    tries = "one call" if search.tries == 1 else "{} calls".format(search.tries)
    return Signature(found, "{}, confirmed by trying ({})".format(told, tries), "torch", envelope, tried=True)


def _takes_one(model: Any, inputs: tuple[Input, ...], envelope: str, call: Callable[[Any, Any], Any]) -> bool:
    """Say whether one row is taken too: sizes that fit two rows only may be an accident."""
    try:
        _try(model, inputs, envelope, call, 1)
    except Exception:
        return False
    return True


def _reason(names: list[str], told: str, search: Search) -> str:
    taken = ", ".join(names) or "nothing"
    return "forward takes {}; {}; none of {} inputs tried was taken, the first answered: {}".format(
        taken, told, search.tries, search.first[:300]
    )


def _try(model: Any, inputs: tuple[Input, ...], envelope: str, call: Callable[[Any, Any], Any], rows: int) -> Any:
    return call(model, example(Signature(inputs, "", "torch", envelope), rows))


def parameters(model: Any) -> tuple[list[str], str]:
    """Return the names of what forward needs, and how they go in: positional, list or mapping."""
    schema = _schema(model)
    if schema is not None:
        return schema
    inner = inner_module(model)
    try:
        said = list(inspect.signature(inner.forward).parameters.values())
    except (TypeError, ValueError):
        return ["input"], "positional"
    needed = [p for p in said if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keywords = [p for p in said if p.default is p.empty and p.kind == p.KEYWORD_ONLY]
    if keywords:
        return [p.name for p in needed + keywords], "keywords"
    if len(needed) == 1:
        keys = _keys_of(inner, needed[0].name)
        if keys:
            return keys, "mapping"
        return _unpacked(inner, needed[0].name) or ([needed[0].name], "positional")
    starred = [p.name for p in said if p.kind == p.VAR_POSITIONAL]
    return [p.name for p in needed] or _first_of(said) or starred or ["input"], "positional"


def _first_of(said: list[Any]) -> list[str]:
    """Return the first parameter where all have defaults: a call without any is no call."""
    return [p.name for p in said if p.kind == p.POSITIONAL_OR_KEYWORD][:1]


def inner_module(model: Any) -> Any:
    """Return the module inside a wrapper: DataParallel, torch.compile."""
    for name in ("_orig_mod", "module"):
        inner = getattr(model, name, None)
        if inner is not None and hasattr(inner, "forward"):
            return inner
    return model


def _schema(model: Any) -> tuple[list[str], str] | None:
    """Return a TorchScript module's arguments."""
    forward = getattr(model, "forward", None)
    schema = getattr(forward, "schema", None)
    if schema is None:
        return None
    needed = [a for a in schema.arguments[1:] if not a.has_default_value()]
    if len(needed) == 1 and str(needed[0].type).startswith("List"):
        return [needed[0].name], "list"
    return [a.name for a in needed] or ["input"], "positional"


def _source(model: Any) -> str:
    try:
        return inspect.getsource(type(model).forward)
    except (OSError, TypeError, AttributeError):
        return ""


def _keys_of(model: Any, name: str) -> list[str]:
    """Return the keys that forward's own text takes out of its one parameter."""
    pattern = r"\b{0}\[\s*['\"]([^'\"]+)['\"]\s*\]|\b{0}\.get\(\s*['\"]([^'\"]+)['\"]".format(re.escape(name))
    return list(dict.fromkeys(a or b for a, b in re.findall(pattern, _source(model))))


def _unpacked(model: Any, name: str) -> tuple[list[str], str] | None:
    """Return the names that forward's own text unpacks its one parameter into: ``a, b = inputs``."""
    match = re.search(r"^ {{0,8}}\(?([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)+)\)?\s*=\s*{}\s*$".format(re.escape(name)),
                      _source(model), re.M)  # fmt: skip
    return ([part.strip() for part in match.group(1).split(",")], "list") if match else None


def _needs(model: Any) -> tuple[dict[str, list[layers.Need]], str]:
    """Return what the layers that each input reaches take, and what says so."""
    if hasattr(model, "inlined_graph"):
        try:
            return graphs.by_script(model), "from the TorchScript graph"
        except Exception:
            return {}, "its graph can't be followed"
    inner = inner_module(model)
    try:
        return graphs.by_fx(inner), "from forward's graph"
    except Exception:
        return {}, "from its first layers, as forward can't be traced"


def _candidates(model: Any, names: list[str], needs: dict[str, list[layers.Need]], told: str) -> list[list[Input]]:
    everywhere = _all_needs(inner_module(model))
    shared = _shares(names, needs) or _shares_of_all(names, needs, everywhere)
    out = []
    for number, name in enumerate(names):
        mine = needs.get(name) or []
        options = list(layers.by_name(name, "")) if name not in needs or not mine else []
        split = shared.get(name)
        if split is not None:
            options += [o._replace(shared=_width(name, needs, everywhere)) for o in layers.inputs_for(split, name)][:1]
        for need in mine[:6] or _ordered(everywhere, number, len(names)):
            options += [o._replace(stated=bool(mine) and split is None) for o in layers.inputs_for(need, name)]
        options += list(layers.anything(name))
        out.append(_unique(options)[:_MOST_LAYERS])
    return out


def _ordered(needs: list[layers.Need], number: int, count: int) -> list[layers.Need]:
    """Return needs, of all layers that of the same place first: inputs are mostly used in their order."""
    if count == 1 or number >= len(needs):
        return needs[:6]
    return ([needs[number]] + needs[:number] + needs[number + 1 :])[:6]


def _width(name: str, needs: dict[str, list[layers.Need]], everywhere: list[layers.Need]) -> int:
    return (needs.get(name) or everywhere)[0].size


def _shared_words(found: tuple[Input, ...]) -> str:
    """Say what nothing tells: how the features of a layer are shared among the inputs that are joined for it."""
    shared = [i for i in found if i.shared]
    if not shared:
        return ""
    names = " and ".join(i.name for i in shared)
    return " (nothing tells how the {} features are shared by {})".format(shared[0].shared, names)


def _unique(options: list[Input]) -> list[Input]:
    return list({(o.dtype, o.sizes, o.means, o.below): o for o in options}.values())


def _shares(names: list[str], needs: dict[str, list[layers.Need]]) -> dict[str, layers.Need]:
    """Return an equal part of the features for inputs that reach one layer together, joined along them."""
    groups: dict[str, list[str]] = {}
    for name in names:
        if needs.get(name):
            groups.setdefault(needs[name][0].layer, []).append(name)
    out = {}
    for members in groups.values():
        need = needs[members[0]][0]
        if len(members) > 1 and need.kind in ("sequence", "vector") and need.size >= len(members):
            part = need.size // len(members)
            for i, name in enumerate(members):
                rest = need.size - part * (len(members) - 1) if i == len(members) - 1 else part
                out[name] = need._replace(size=rest, shape=())
    return out


def _shares_of_all(
    names: list[str], needs: dict[str, list[layers.Need]], everywhere: list[layers.Need]
) -> dict[str, layers.Need]:
    """Do likewise where nothing says what flows where: several inputs, one first layer."""
    if any(needs.values()) or len(names) < 2 or not everywhere or everywhere[0].kind not in ("sequence", "vector"):
        return {}
    return _shares(names, dict.fromkeys(names, everywhere[:1]))


def _all_needs(model: Any) -> list[layers.Need]:
    found: list[layers.Need] = []
    children = list(model.named_modules()) if hasattr(model, "named_modules") else []
    for name, child in children:
        need = layers.need_of(child, name)
        if need is not None and need not in found:
            found.append(need)
    if not found and hasattr(model, "parameters"):
        shapes = [tuple(p.shape) for p in model.parameters() if len(p.shape) == 2]
        found = [layers.Need("vector", size, layer="a parameter") for shape in shapes[:2] for size in shape]
    return found[:_MOST_LAYERS]


def _exported(model: Any) -> Signature | None:
    """Return what an exported program, or the module made of it, says of its inputs."""
    if type(model).__module__.startswith("torch.export") and hasattr(model, "graph_signature"):
        module = getattr(model, "graph_module", None)
        user = [str(n) for n in model.graph_signature.user_inputs]
        found = graphs.by_placeholders_named(module, user) if module is not None else []
        return Signature(tuple(found), "the exported program's inputs", "exported") if found else None
    inputs = graphs.by_placeholders(model)
    return Signature(tuple(inputs), "the exported program's inputs", "torch") if inputs else None
