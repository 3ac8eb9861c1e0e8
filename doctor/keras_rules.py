"""What a Keras refuses of a model that another version wrote, by the rules of ``doctor/facts/keras.json``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.facts import load
from doctor.formats.kinds.keras import KerasFile, KerasObject
from doctor.model import Unknown

if TYPE_CHECKING:
    from packaging.version import Version

_MODELS = frozenset({"Functional", "Model", "Sequential"})


class Refused(NamedTuple):
    """
    One object that can't be loaded.

    Args:
        what: "LSTM 'lstm_1'".
        why: "time_major" or what else the reader doesn't take, in words.
        log: what it says.
    """

    what: str
    why: str
    log: str


def worded(log: str | list[list[str]], reader: Version | None) -> str:
    """
    Return how a version of Keras words a failure.

    Args:
        log: the line, or rows of a version and the line that it and later ones say.
        reader: None where it isn't known, and then the newest line.
    """
    from packaging.version import Version

    if isinstance(log, str):
        return log
    said = [line for since, line in log if reader is None or Version(since) <= reader]
    return said[-1] if said else log[0][1]


def by_keras_3(facts: KerasFile, word: str, reader: Version | None) -> Iterator[Refused]:
    """Yield what a Keras 3 (None: any) refuses of a Keras 2 model in a format ("hdf5" or "keras")."""
    rules = [r for r in load("keras")["keras_3"]["refuses"] if word in r["formats"] and _concerns(r, reader)]
    for at, layer in _as_made(facts.layers):
        for rule in rules:
            why = _nested(facts, at) if rule.get("nested") else _matches(rule, layer)
            if why:
                inner = _inner_layer(layer)
                named = inner.get("class_name", "") if inner else ""
                log = worded(rule["log"], reader).format(**{"class": layer.class_name, "inner": named})
                log = _reworded(log, layer, facts, word, made=layer.class_name if rule.get("made") else "")
                yield Refused(f"{layer.class_name} {layer.name!r}", why, log)
                break


def _concerns(rule: Mapping[str, Any], reader: Version | None) -> bool:
    from packaging.version import Version

    return "before" not in rule or (reader is not None and reader < Version(rule["before"]))


def _inner_layer(layer: KerasObject) -> Mapping[str, Any] | None:
    inner = layer.config.get("layer") or layer.config.get("cell")
    return inner if isinstance(inner, dict) else None


def _as_made(layers: tuple[KerasObject, ...]) -> list[tuple[int, KerasObject]]:
    """Return layers with their places, in the order in which they are made: what a wrapper holds before the wrapper."""
    order = list(enumerate(layers))
    for at in range(len(order) - 1):
        inner, (_, following) = _inner_layer(order[at][1]), order[at + 1]
        # One that is named without its module isn't made at all.
        if inner and "module" in inner and inner.get("config") is following.config:
            order[at : at + 2] = order[at + 1], order[at]
    return order


def _reworded(log: str, layer: KerasObject, facts: KerasFile, word: str, *, made: str) -> str:
    """
    Return a failure as the classes around it word it: a TypeError is told anew by each.

    ``made`` is the class whose constructor fails: the layer's, or that of something in it; "" for other failures.
    """
    logs = load("keras")["keras_3"]["made_logs"]
    typed = log.startswith("TypeError")
    if made and layer.class_name not in logs["own_from_config"]:
        log, typed = logs["layer"].format(**{"class": layer.class_name}), True
    elif made and made != layer.class_name:
        return str(logs["model"])
    around = word == "keras" or any(layer.config is inner for inner in _inner_configs(facts))
    return str(logs["model"]) if typed and around and layer is not facts.layers[0] else log


def _inner_configs(facts: KerasFile) -> Iterator[Any]:
    for layer in facts.layers:
        inner = _inner_layer(layer)
        if inner:
            yield inner.get("config")


def _nested(facts: KerasFile, at: int) -> str:
    layer, outer = facts.layers[at], facts.layers[0].class_name
    if at == 0 or layer.class_name not in _MODELS or (layer.class_name == outer == "Sequential"):
        return ""
    return f"a {layer.class_name} model inside a {outer} one"


def _matches(rule: Mapping[str, Any], layer: KerasObject) -> str:
    if layer.class_name in rule.get("not", ()) or layer.class_name not in rule.get("classes", (layer.class_name,)):
        return ""
    special = next((s for s in _SPECIAL if s in rule), None)
    if special:
        return _SPECIAL[special](rule, layer)
    if "key" not in rule:
        return "a class that Keras 3 doesn't have"
    value = layer.config.get(rule["key"])
    if rule["key"] not in layer.config or (rule.get("list") and not isinstance(value, list)):
        return ""
    return f"{rule['key']}={value!r}"[:60]


def _module(rule: Mapping[str, Any], layer: KerasObject) -> str:
    return layer.module if layer.module.startswith(rule["module"]) else ""


def _bare(_rule: Mapping[str, Any], layer: KerasObject) -> str:
    inner = _inner_layer(layer)
    bare = inner is not None and "class_name" in inner and "module" not in inner
    return "a layer inside it that is named without its module" if bare else ""


def _policy(_rule: Mapping[str, Any], layer: KerasObject) -> str:
    dtype = layer.config.get("dtype")
    return "its mixed precision policy" if isinstance(dtype, dict) and dtype.get("class_name") == "Policy" else ""


def _holds(rule: Mapping[str, Any], layer: KerasObject) -> str:
    held = any(holder == rule["holds"] for holder, _ in _configs(layer) if holder != layer.class_name)
    return f"{rule['holds']}, which Keras 3 knows since {rule['before']}" if held else ""


_SPECIAL: Mapping[str, Callable[[Mapping[str, Any], KerasObject], str]] = {
    "module": _module,
    "bare": _bare,
    "policy": _policy,
    "holds": _holds,
}


def by_older_keras_3(facts: KerasFile, reader: str, word: str) -> Refused | None:
    """Return the first thing that an older Keras 3 refuses of a newer one's model, or None."""
    from packaging.version import Version

    there = Version(reader)
    rules = [r for r in load("keras")["keras_3_keys"]["keys"] if there < Version(r["since"])]
    for layer in facts.layers:
        for holder, config in _configs(layer):
            for rule in rules:
                if _is_newer(rule, holder, config):
                    # An initializer that isn't known stops the layer that is made with it.
                    made = layer.class_name if "class" in rule else holder
                    log = rule["log"].format(**{"class": holder})
                    return Refused(
                        f"{layer.class_name} {layer.name!r}",
                        f"{rule.get('key') or rule['class']}, which Keras {rule['since']} brought",
                        _reworded(log, layer, facts, word, made=made),
                    )
    return _ends(facts, there, word)


def _is_newer(rule: Mapping[str, Any], holder: str, config: Mapping[str, Any]) -> bool:
    if "class" in rule:
        return bool(rule["class"] == holder)
    return rule["key"] in config and holder in rule.get("classes", (holder,))


def _ends(facts: KerasFile, there: Version, word: str) -> Refused | None:
    """Return a model whose single input or output is written without a list around it."""
    from packaging.version import Version

    rule = load("keras")["keras_3_keys"]["ends"]
    for layer in facts.layers if there < Version(rule["since"]) else ():
        for key in ("input_layers", "output_layers"):
            ends = layer.config.get(key)
            if isinstance(ends, list) and len(ends) == 3 and isinstance(ends[0], str):
                count = len(ends[0])  # the name's letters are taken for the three parts
                log = rule["log_of_3"] if count == 3 else rule["log"].format(count=count)
                typed = word == "keras" and count != 3
                log = load("keras")["keras_3"]["made_logs"]["model"] if typed else log
                return Refused(f"{layer.class_name} {layer.name!r}", f"{key}={ends!r}"[:60], log)
    return None


def _configs(layer: KerasObject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a layer's configuration and those of the initializers in it, by class."""
    yield layer.class_name, layer.config
    for value in layer.config.values():
        if isinstance(value, dict) and isinstance(value.get("config"), dict):
            yield str(value.get("class_name")), value["config"]


def by_older_keras_2(facts: KerasFile, reader: str, *, compiles: bool | None) -> Iterator[Refused]:
    """Yield what an older Keras 2 refuses of a newer one's HDF5 file."""
    from packaging.version import Version

    rules, there = load("keras")["keras_2"], Version(reader)
    for layer in facts.layers:
        since = rules["layers"].get(layer.class_name)
        if since and there < Version(since):
            log = rules["layer_log"].format(**{"class": layer.class_name})
            yield Refused(f"{layer.class_name} {layer.name!r}", f"a layer that Keras {since} brought", log)
        for rule in rules["keys"]:
            same = layer.class_name == rule["class"] and rule["key"] in layer.config
            if same and there < Version(rule["since"]):
                why = f"{rule['key']}, which Keras {rule['since']} brought"
                yield Refused(f"{layer.class_name} {layer.name!r}", why, rule["log"])
    if compiles and facts.training:
        yield from _compiled(facts.training, rules["compiled"], there)


def _compiled(training: Mapping[str, Any], rules: list[Mapping[str, Any]], there: Any) -> Iterator[Refused]:
    from packaging.version import Version

    found = {"optimizer_key": _inner(training, "optimizer_config"), "loss_key": _inner(training, "loss")}
    for rule in rules:
        for part, (name, config) in found.items():
            if rule.get(part) in config and there < Version(rule["since"]):
                what = f"the {part.removesuffix('_key')} {name.rsplit('>', 1)[-1]}"
                why = f"{rule[part]}, which Keras {rule['since']} brought"
                yield Refused(what, why, rule["log"].format(**{"class": name}))


def _inner(training: Mapping[str, Any], key: str) -> tuple[str, Mapping[str, Any]]:
    value = training.get(key)
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        return "", {}
    return str(value.get("class_name")), value["config"]


def refused_compiled(training: Mapping[str, Any] | None, word: str, reader: Version | None) -> Iterator[Refused]:
    """Yield what a Keras 3 (None: any) can't make again when it compiles a model as it was."""
    rules = load("keras")["keras_3"]
    if word == "keras":
        _, optimizer = _inner(training or {}, "optimizer")
        made = (training or {}).get("optimizer")
        module = str(made.get("module", "")) if isinstance(made, dict) else ""
        if "experimental" in module and isinstance(made, dict):
            log = rules["experimental_log"].format(**{"class": made.get("class_name"), "module": module})
            yield Refused("the optimizer", f"its module {module}", log)
        elif "is_legacy_optimizer" in optimizer:
            yield Refused("the optimizer", "is_legacy_optimizer", rules["optimizer_log"])
        return
    name, config = _inner(training or {}, "loss")
    if "fn" in config:
        yield Refused(f"the loss {name}", "as Keras 2 wrote it", rules["made_logs"]["model"])
    elif config.get("reduction") == "auto":
        yield Refused(f"the loss {name}", "as Keras 2 wrote it", rules["loss_object_log"].format(loss=name))
    for loss in _losses((training or {}).get("loss")):
        if loss in rules["losses_by_short_name"]:
            yield Refused(f"the loss {loss!r}", "its short name", worded(rules["loss_log"], reader).format(loss=loss))
        elif loss in rules["losses_gone"]:
            yield Refused(f"the loss {loss!r}", "its old name", rules["loss_gone_log"])


def _losses(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (v for v in value if isinstance(v, str))
    elif isinstance(value, dict) and "class_name" not in value:
        yield from (v for v in value.values() if isinstance(v, str))


def by_keras_2(facts: KerasFile, reader: Version, distribution: str) -> str:
    """Return what a Keras 2 says of a ``.keras`` zip that it can't make a model of; "" where it makes one."""
    rules = load("keras")["keras_2"]["zip"]
    if reader.release[:2] < (2, 12):
        return str(rules["zip_log"])
    outer = facts.layers[0]
    module = _module_seen(outer.module, distribution)
    if outer.class_name == "Functional" and module and not _has_module(module, reader, distribution):
        return str(rules["module_log"].format(**{"class": outer.class_name, "module": module}))
    if facts.version.startswith("3."):
        return input_log(reader)
    own = next((x for x in facts.custom if x.module or x.registered), None)
    if reader.release[:2] == (2, 12) and own is not None:
        return str(rules["class_log"].format(**{"class": own.class_name.rpartition(">")[2]}))
    return ""


def input_log(reader: Version) -> str:
    """Return what a Keras 2 says of the InputLayer that Keras 3 writes."""
    logs = load("keras")["keras_2"]["zip"]["input_logs"]
    return str(logs["2.12" if reader.release[:2] >= (2, 12) else "2.0"])


def _module_seen(module: str, distribution: str) -> str:
    # tf-keras was Keras, and looks for itself where a file says keras.
    return f"tf_{module}" if distribution == "tf-keras" and module.startswith("keras.") else module


def _has_module(module: str, reader: Version, distribution: str) -> bool:
    if distribution == "tf-keras":
        return module.startswith("tf_keras.src.engine")
    return module.startswith("keras.engine" if reader.release[:2] < (2, 13) else "keras.src.engine")


def in_hdf5(facts: KerasFile, reader: Version | None) -> Iterator[Refused]:
    """Yield what Keras 3 can't make again of any HDF5 model, its own included; Unknown where that is not measured."""
    from packaging.version import Version

    rules = load("keras")["keras_3"]
    modes = rules["score_mode"]
    attention = next((x for x in facts.layers if x.class_name == "Attention" and "score_mode" in x.config), None)
    if attention is not None and (reader is None or reader >= Version(modes["since"])):
        yield Refused(f"Attention {attention.name!r}", "score_mode", modes["log"])
    elif attention is not None and reader is not None and reader.release[:2] > Version(modes["fine_until"]).release:
        raise Unknown(f"whether Keras {reader} loads an Attention layer of an .h5 file was not measured")
    for layer in facts.layers:
        table = layer.class_name == "TextVectorization" and layer.config.get("vocabulary") is None
        if table:
            yield Refused(f"TextVectorization {layer.name!r}", "its vocabulary is not in the file", rules["table_log"])
    for name in _with_numbers(facts.layers[0].config.get("layers")):
        yield Refused(f"the operation {name!r}", "a number among its arguments", rules["scalar_log"])


def _with_numbers(layers: Any) -> Iterator[str]:
    """Yield the names of operations of ``keras.ops`` that are called with a number beside a tensor."""
    for entry in layers if isinstance(layers, list) else ():
        nodes = entry.get("inbound_nodes") if isinstance(entry, dict) else None
        for node in nodes if isinstance(nodes, list) else ():
            given = node.get("args") if isinstance(node, dict) else None
            if isinstance(given, list) and any(isinstance(v, (int, float)) for v in given):
                yield str(entry.get("name"))


def renamed(facts: KerasFile) -> Refused | None:
    """Return what Keras 3 doesn't find in a ``.keras`` file of Keras 2.12 to 2.14: the second layer of a kind."""
    from packaging.version import InvalidVersion, Version

    try:
        old = Version("2.12") <= Version(facts.version) < Version("2.15")
    except InvalidVersion:
        return None
    met: set[str] = set()
    for layer in facts.layers[1:] if old else ():
        if layer.class_name in met and layer.config.get("units") is not None:
            log = str(load("keras")["keras_2"]["zip"]["layout_log"])
            return Refused(f"{layer.class_name} {layer.name!r}", "the name that its weights are stored under", log)
        met.add(layer.class_name)
    return None
