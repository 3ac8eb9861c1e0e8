"""The step "shapes": what a model takes and gives, which dimensions are free, and what it makes of odd inputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from doctor.trials.probe import arrays, calling, failures, fields, inputs
from doctor.trials.probe.chain import Chain
from doctor.trials.probe.dimensions import Dimensions, batch_of
from doctor.trials.probe.inputs import samples, watching
from doctor.trials.probe.inputs.transformers_models import GENERATES
from doctor.trials.probe.inputs.values import Input, NotFound, Signature
from doctor.trials.probe.varying import Calls, Case

if TYPE_CHECKING:
    from doctor.trials.probe.channel import Channel
    from doctor.trials.probe.request import Request

_SHARE = 0.6  # of the step's time that calls may take
_ROW = (1e-3, 1e-4)  # what kernels for other batch sizes may differ by


def run(request: Request, channel: Channel) -> dict[str, Any]:
    """
    Return what a model takes and gives.

    The phases are "import" and "load", then "inputs" and "predict". Only the first two can end the step::

        how         what loaded the model
        found       whether inputs were found
        reason      why not, "" where they were
        source      who said what it takes: "the sample, as the handler's functions hand it to the model"
        tried       whether a call with such inputs was seen to work
        inputs      of each: name, dtype, kind (tensor, image, tokens, table, text), means (of each dimension:
                    "batch", "time", "features" ... or ""), size (that was called with), dims (of each dimension:
                    says "free" | "fixed" | "multiple" | "at most" | "at least" | "tied" | "joined" | "unknown",
                    size, of, with: [{input, dimension, means}], sum; unchecked: another size is taken and answered
                    with garbage), columns (of a table: name, dtype)
        outputs     of each: name, dtype, shape: numbers, "batch", or the input's dimension that it follows
        cases       of each call: case, works, outputs and finite, or failure (as Failure)
        requests    the same of the sample's own body, varied before the handler's functions see it: other lengths,
                    unequal ones, fields missing and added; [] where there is no sample that is answered
        batch_kept  whether every output has the batch in it; None where no two batches could be called
        repeatable  whether two calls with one input agree; None where not called twice
        repeat_difference   the first difference in words
        random      where two calls disagree: the operators of torch that draw random numbers
        row_alone_equals    whether a row gives the same alone and in a batch of two; None where not both worked
        row_difference      the first difference in words
        training    {"after_load": …, "in_call": …}: whether a torch module was in training mode when it was loaded,
                    with layers that answer otherwise for it, and when the handler called it (None: nobody saw
                    it called); {} for others
        generates   whether it samples by its own kind, so that answers may differ
        quantized   whether it quantizes what it computes on the way, or computes in half precision: then a batch
                    changes the numbers a little; only known of torch models
        way         how it is called: "torch", "keras", "onnxruntime", "sklearn" ... ("" where nothing was found)
        not_tried   what wasn't, with the reason
    """
    chain = Chain(request, channel)
    model = chain.load()
    channel.phase("inputs")
    told: dict[str, Any] = {"how": chain.how, "found": False, "reason": "", "inputs": [], "outputs": []}
    told.update(cases=[], requests=[], not_tried=[])
    training = _training(model, chain, request)
    told["training"] = training
    try:
        signature = _found(model, chain, request, channel, training)
    except NotFound as reason:
        told["reason"] = str(reason)
        return told
    except Exception as error:
        told["reason"] = "asking the model itself failed: {}".format(failures.line_of(error))
        return told
    channel.phase("predict")
    calls = Calls(model, signature, request.model_dir, request.seconds * _SHARE)
    told["way"] = signature.way
    told.update(found=True, source=signature.source, tried=signature.tried)
    told["generates"] = signature.detail.startswith(GENERATES)
    told["quantized"] = _quantized(calling.inside(model, signature.member))
    _explored(calls, told, channel)
    sample = samples.find(request)
    if sample is not None:
        told["requests"] = fields.cases(sample, chain, request.accept, request.model_dir, channel, calls.over)
    return told


def _modules(model: Any) -> list[Any]:
    """Return the torch modules among what was loaded."""
    parts = list(model.values()) if type(model) is dict else model if type(model) in (list, tuple) else [model]
    parts = [getattr(p, "model", p) if hasattr(p, "task") else p for p in parts]
    return [p for p in parts if hasattr(p, "register_forward_pre_hook")]


def _training(model: Any, chain: Chain, request: Request) -> dict[str, Any]:
    modules = _modules(model)
    if not modules:
        return {}
    after = any(_differs(layer) for m in modules for layer in m.modules())
    default = chain.functions.get("predict_fn") == "default" and request.stack == "pytorch"
    # the toolkit's default_predict_fn calls model.eval() before it calls the model
    return {"after_load": after, "in_call": False if default or not after else None}


def _found(model: Any, chain: Chain, request: Request, channel: Channel, training: dict[str, Any]) -> Signature:
    """Return what the model takes; where a sample is there, as the handler's own functions hand it over."""
    sample = samples.find(request)
    if training.get("in_call") is False and training["after_load"]:
        _evaluated(model)
    seen = _watched(model, chain, sample.body, sample.content_type, request.accept) if sample is not None else None
    _note(model, seen, training)
    own: Signature | None = None
    try:
        own = inputs.of_model(model, request.seconds * 0.2)
    except NotFound as reason:
        if sample is None:
            raise
        why = str(reason)
    if sample is None and own is not None:
        if training.get("in_call", False) is None:
            _note(model, _made_up(model, chain, own, request.accept), training)
        return own
    if own is not None and own.way == "pipeline":
        seen = None  # what is inside it is called with what it makes of texts
    member, part = _target(model)
    watched = watching.signature_of(part, seen, own, sample.where) if sample is not None and seen is not None else None
    if watched is not None:
        return watched._replace(member=member)
    channel.phase("inputs")
    if own is not None and sample is not None:
        return samples.fitted(sample, own)
    return samples.alone(sample, model, why)  # type: ignore[arg-type]


def _watched(model: Any, chain: Chain, body: bytes, content_type: str, accept: str) -> watching.Watched | None:
    """Send a request through the handler, watching what the model is called with; its own failure is no matter here."""
    with watching.Watched(_target(model)[1]) as seen:
        try:
            chain.transform(body, content_type, accept)
        except Exception:
            return seen if seen.calls else None
    return seen


def _target(model: Any) -> tuple[tuple[Any, ...], Any]:
    """Return the object whose calls are watched, with the keys that lead to it."""
    if type(model) in (dict, list, tuple):
        pairs = list(model.items()) if type(model) is dict else list(enumerate(model))
        found = [((key,), part) for key, part in pairs[:50] if hasattr(part, "register_forward_pre_hook")]
        return found[0] if len(found) == 1 else ((), model)
    if hasattr(model, "task") and hasattr(model, "model"):
        return (".model",), model.model
    return (), model


def _made_up(model: Any, chain: Chain, own: Signature, accept: str) -> watching.Watched | None:
    body = json.dumps(inputs.plain(inputs.example(own, 1))).encode()
    return _watched(model, chain, body, "application/json", accept)


def _note(model: Any, seen: watching.Watched | None, training: dict[str, Any]) -> None:
    """Note the mode in which the handler called a module; call it in that mode too."""
    if seen is None or seen.training is None or not training:
        return
    training["in_call"] = seen.training
    if not seen.training:
        _evaluated(model)


def _differs(layer: Any) -> bool:
    """Say whether a layer is in training mode and answers otherwise for it."""
    kind = str(getattr(layer, "original_name", "") or type(layer).__name__)
    return bool(getattr(layer, "training", False)) and ("Dropout" in kind or "BatchNorm" in kind)


def _evaluated(model: Any) -> None:
    for module in _modules(model):
        try:
            module.eval()
        except NotImplementedError:  # exported programs have one mode
            continue


def _quantized(model: Any) -> bool:
    modules = list(model.modules()) if hasattr(model, "modules") and callable(model.modules) else []
    names = [type(m).__module__ + _scripted(m) for m in modules]
    if any("quantized" in n.lower() or "Dynamic" in n for n in names):
        return True
    weights = list(model.parameters()) if modules else []
    return any("16" in str(w.dtype) or type(w).__module__.startswith("torchao") for w in weights)


def _scripted(module: Any) -> str:
    """Return the class that a TorchScript module was made of; "" for another."""
    return str(getattr(getattr(module, "_c", None), "_type", str)())


def _explored(calls: Calls, told: dict[str, Any], channel: Channel) -> None:
    """Call the model in every way, the safest first, and put what is seen into the result."""
    first = calls.case("one row", rows=1)
    batch = batch_of(calls)
    base = first if first is not None and first.works else next((c for c in calls.cases if c.works), None)
    dimensions = Dimensions(calls)
    if base is not None:
        calls.rows = base.rows
        _repeated(calls, told, base)
        _row_alone(calls, told)
        dimensions.explore()
        _told(calls, told, base, batch, dimensions)
        channel.send("partial", value=told)  # what comes now has been seen to end processes
        _odd(calls)
    _told(calls, told, base, batch, dimensions)


def _told(calls: Calls, told: dict[str, Any], base: Case | None, batch: dict[str, Any], dimensions: Dimensions) -> None:
    """Put what is known by now into the result."""
    told["inputs"] = [_input(i, taken, batch, dimensions) for i, taken in enumerate(calls.signature.inputs)]
    told["outputs"] = _outputs(calls, base, dimensions)
    told["batch_kept"] = _kept(calls)
    told["cases"] = [c.told() for c in calls.cases]
    told["not_tried"] = calls.not_tried


def _repeated(calls: Calls, told: dict[str, Any], base: Case) -> None:
    again = calls.case("the same again", rows=base.rows, quiet=True)
    if again is None or not again.works:
        told["repeatable"] = None if again is None else False
        told["repeat_difference"] = "" if again is None else "the second call failed: " + again.failure["line"]
        return
    said = arrays.difference_of_leaves(base.found, again.found, None, None)
    told["repeatable"], told["repeat_difference"] = not said, said
    told["random"] = calls.drawn() if said else []


def _row_alone(calls: Calls, told: dict[str, Any]) -> None:
    told["row_alone_equals"], told["row_difference"] = None, ""
    together = calls.case("batch of 2", rows=2)
    for row in (0, 1):
        alone = calls.case("row {} alone".format(row), rows=1, first=row, quiet=True)
        if alone is None or together is None or not (alone.works and together.works):
            return
        one, other = arrays.row_of(alone.found, 1, 0), arrays.row_of(together.found, 2, row)
        if one is None or other is None or [(x.name, x.shape) for x in one] != [(x.name, x.shape) for x in other]:
            return  # one padded to the other's length, say: there is nothing to compare
        said = arrays.difference_of_leaves(one, other, *_ROW)
        if said:
            told["row_alone_equals"], told["row_difference"] = False, "row {}: {}".format(row, said)
            return
    told["row_alone_equals"] = True


def _odd(calls: Calls) -> None:
    """Call with what clients send by mistake: other dtypes, NaN, missing and added fields, nothing at all."""
    for i, taken in enumerate(calls.signature.inputs):
        for dtype in _other_dtypes(taken):
            calls.case("{} as {}".format(taken.name, dtype), dtypes={i: dtype})
        if taken.dtype.startswith(("float", "bfloat", "table")):
            calls.case("NaN in {}".format(taken.name), nan=(i,))
        if taken.kind == "text" and i == 0 and not calls.signature.detail.startswith(GENERATES):
            calls.case("an empty text", text="")
            calls.case("a text of 1,000 words", weight=50, text="word " * 1000)
        if taken.kind == "table" and any(c.dtype == "str" for c in taken.columns):
            calls.case("a category never seen in {}".format(taken.name), unseen=True)
    for name in _names(calls.signature)[:8]:
        calls.case("without {}".format(name), without=(name,))
    if len(_names(calls.signature)) > 1:
        calls.case("with one field more", extra=("extra",))
    calls.case("empty batch", rows=0)


def _names(signature: Signature) -> list[str]:
    if len(signature.inputs) > 1:
        return [i.name for i in signature.inputs]
    taken = signature.inputs[0]
    return [str(c.name) for c in taken.columns] if taken.kind == "table" else []


def _other_dtypes(taken: Input) -> tuple[str, ...]:
    if taken.kind in ("table", "text") or taken.dtype in ("str", "bool", "object"):
        return ()
    if taken.dtype.startswith(("int", "uint")):
        return ("int32", "float32") if taken.dtype != "int32" else ("int64", "float32")
    return ("float64", "int64") if taken.dtype != "float64" else ("float32", "int64")


def _input(number: int, taken: Input, batch: dict[str, Any], dimensions: Dimensions) -> dict[str, Any]:
    dims = [
        batch if d == taken.batch else dimensions.found.get((number, d), {"says": "unknown", "size": size})
        for d, size in enumerate(taken.sizes)
    ]
    if taken.kind == "table":
        dims[1:] = [{"says": "fixed", "size": len(taken.columns)}]
    said: dict[str, Any] = {"name": taken.name, "dtype": taken.dtype, "kind": taken.kind, "means": list(taken.means)}
    said.update(size=list(taken.sizes), dims=dims)
    if taken.columns:
        said["columns"] = [{"name": str(c.name), "dtype": c.dtype} for c in taken.columns]
    if taken.below:
        said["below"] = taken.below
    return said


def _outputs(calls: Calls, base: Case | None, dimensions: Dimensions) -> list[dict[str, Any]]:
    """Return outputs with what each of their dimensions follows."""
    if base is None:
        return [{"name": n, "dtype": d, "shape": list(s)} for n, d, s in calls.signature.outputs]
    rows = arrays.row_of(base.found, base.rows, 0)
    if rows is not None and any(leaf.shape[:1] != (base.rows,) for leaf in base.found):  # lists of rows
        return [{"name": leaf.name, "dtype": leaf.dtype, "shape": ["batch", *leaf.shape]} for leaf in rows[:50]]
    names = [n for n, _, _ in calls.signature.outputs]
    out = []
    for number, leaf in enumerate(base.found[:50]):
        shape: list[Any] = [_follows(calls, number, d, size, base, dimensions) for d, size in enumerate(leaf.shape)]
        plain = not leaf.name or leaf.name.isdigit()
        name = names[number] if plain and len(names) == len(base.found) else leaf.name
        out.append({"name": name, "dtype": leaf.dtype, "shape": shape})
    return out


def _follows(calls: Calls, number: int, dimension: int, size: int, base: Case, dimensions: Dimensions) -> Any:
    """Return "batch", what an output's dimension follows, or its size."""
    sizes = {c.rows: _size(c, number, dimension) for c in calls.cases if c.works and not c.sizes and c.rows}
    if len(sizes) > 1 and all(n == rows for rows, n in sizes.items()):
        return "batch"
    for case in calls.cases:
        now = _size(case, number, dimension) if case.works and case.sizes else size
        if now not in (size, None) and case.rows == base.rows:
            key = min(case.sizes)
            return dimensions.label(key) if now == case.sizes[key] else "by " + dimensions.label(key)
    return size


def _size(case: Case, number: int, dimension: int) -> int | None:
    if number >= len(case.found) or dimension >= len(case.found[number].shape):
        return None
    return case.found[number].shape[dimension]


def _kept(calls: Calls) -> bool | None:
    """Say whether every output has the batch in it, in batches of two sizes at least."""
    plain = [c for c in calls.cases if c.works and not c.sizes and c.rows and c.name.startswith(("one", "batch"))]
    if len({c.rows for c in plain}) < 2:
        return None
    return all(_has_batch(c) for c in plain)


def _has_batch(case: Case) -> bool:
    if arrays.row_of(case.found, case.rows, 0) is not None:
        return True
    return bool(case.found) and all(case.rows in leaf.shape for leaf in case.found)
