"""What a model is really called with while the handler answers a request: its functions may make anything of a body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doctor.trials.probe import arrays
from doctor.trials.probe.arrays import Array
from doctor.trials.probe.inputs.torch_models import inner_module, parameters
from doctor.trials.probe.inputs.values import Input, Signature

_METHODS = ("predict", "predict_proba", "run", "transform", "decision_function")


class Watched:
    """
    The calls of a model.

    Attributes:
        calls: (method, args, kwargs) of each call, at most 20.
        training: whether a torch module was in training mode when it was called; None where none was called.
    """

    def __init__(self, model: Any) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.training: bool | None = None
        self._model = model
        self._undo: list[Callable[[], Any]] = []

    def __enter__(self) -> Watched:
        if hasattr(self._model, "register_forward_pre_hook"):
            self._hook()
        else:
            for name in _METHODS:
                self._wrap(name)
        return self

    def __exit__(self, *_: object) -> None:
        for undo in self._undo:
            try:
                undo()
            except Exception:
                continue

    def _hook(self) -> None:
        def told(module: Any, args: Any, kwargs: Any = None) -> None:
            self.training = bool(getattr(module, "training", False))
            self._add("forward", tuple(args), dict(kwargs or {}))

        try:
            handle = self._model.register_forward_pre_hook(told, with_kwargs=True)
        except TypeError:  # torch before 2.0
            handle = self._model.register_forward_pre_hook(told)
        except RuntimeError:  # TorchScript has none of its own
            handle = self._everywhere(told)
        self._undo.append(handle.remove)

    def _everywhere(self, told: Callable[..., None]) -> Any:
        """Hook all modules, and listen to one."""
        from torch.nn.modules import module as modules  # type: ignore[import-not-found,unused-ignore]

        def mine(module: Any, args: Any) -> None:
            if module is self._model:
                told(module, args)

        return modules.register_module_forward_pre_hook(mine)

    def _wrap(self, name: str) -> None:
        method = getattr(self._model, name, None)
        if not callable(method):
            return

        def told(*args: Any, **kwargs: Any) -> Any:
            self._add(name, args, kwargs)
            return method(*args, **kwargs)

        try:
            setattr(self._model, name, told)
        except Exception:
            return
        self._undo.append(lambda: delattr(self._model, name))

    def _add(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if len(self.calls) < 20:
            self.calls.append((name, args, kwargs))


def signature_of(model: Any, watched: Watched, own: Signature | None, where: str) -> Signature | None:
    """
    Return the signature of the first call that was seen, its values in it; None where none was, or of unknown objects.

    Args:
        model: that was watched.
        watched: its calls.
        own: what the model itself says that it takes.
        where: what was sent: "the sample".
    """
    if not watched.calls:
        return None
    method, args, kwargs = watched.calls[0]
    found = _of_run(args, kwargs) if method == "run" else _of_call(model, method, args, kwargs)
    if found is None:
        return None
    inputs, way, envelope = found
    if own is not None:
        inputs = tuple(_as_known(taken, own) for taken in inputs)
        way = own.way if method not in ("forward", "run") else way
    source = "{}, as the handler's functions hand it to the model".format(where)
    outputs = own.outputs if own is not None else ()
    return Signature(inputs, source, way, envelope, outputs, own.member if own is not None else (), tried=True)


def _of_run(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Input, ...], str, str] | None:
    feeds = args[1] if len(args) > 1 else kwargs.get("input_feed")
    if not isinstance(feeds, dict):
        return None
    inputs = [_input(str(name), value) for name, value in feeds.items()]
    return None if any(i is None for i in inputs) else (tuple(i for i in inputs if i), "onnxruntime", "mapping")


def _of_call(
    model: Any, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Input, ...], str, str] | None:
    if method != "forward":
        taken = _input("X", args[0]) if args else None
        return ((taken,), "sklearn", "positional") if taken is not None else None
    kwargs = {k: v for k, v in kwargs.items() if hasattr(v, "shape")}
    if kwargs and not args:
        inputs = [_input(name, value) for name, value in kwargs.items()]
        return None if None in inputs else (tuple(i for i in inputs if i), "torch", "keywords")
    envelope = "positional"
    values: Any = args
    names = parameters(inner_module(model))[0]
    if len(args) == 1 and isinstance(args[0], dict):
        names, values, envelope = list(args[0]), list(args[0].values()), "mapping"
    elif len(args) == 1 and isinstance(args[0], (list, tuple)):
        names, values, envelope = [], list(args[0]), "list"
    names = [str(n) for n in names] + ["input_{}".format(i) for i in range(len(names), len(values))]
    inputs = [_input(name, value) for name, value in zip(names, values)]
    return None if kwargs or None in inputs or not inputs else (tuple(i for i in inputs if i), "torch", envelope)


def _input(name: str, value: Any) -> Input | None:
    """Return an input of an array's dtype and shape, with its values."""
    if hasattr(value, "columns") or not hasattr(value, "shape") or not hasattr(value, "dtype"):
        return None
    leaf = arrays.leaves(value)[0]
    rest = {2: ("features",), 3: ("time", "features"), 4: ("channels", "height", "width")}
    if not leaf.shape or 0 in leaf.shape or leaf.dtype == "object":
        return None
    whole = leaf.dtype.startswith(("int", "uint"))
    more = ("time",) if whole and len(leaf.shape) == 2 else rest.get(len(leaf.shape), ("",) * (len(leaf.shape) - 1))
    given = Array(leaf.dtype, leaf.shape, leaf.flat)
    free: tuple[int | None, ...] = (None,) * len(leaf.shape)
    return Input(name, leaf.dtype, free, "tokens" if whole else "tensor", ("batch", *more), leaf.shape, given=given)


def _as_known(taken: Input, own: Signature) -> Input:
    """Return an observed input with what the model says of that of the same name or, where there is one only, rank."""
    same = [i for i in own.inputs if i.name == taken.name] or (list(own.inputs) if len(own.inputs) == 1 else [])
    if len(same) != 1 or len(same[0].sizes) != len(taken.sizes):
        return taken
    known = same[0]
    batch = known.batch
    if batch > 0 and taken.sizes[0] == 1 < taken.sizes[batch]:  # one request, and the handler puts its batch first
        return taken
    return known._replace(dtype=taken.dtype, sizes=taken.sizes, given=taken.given)
