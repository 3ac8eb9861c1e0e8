"""Weights that were expected and not found, or found and not expected, while a model was loaded; what was logged."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Iterable
from typing import Any

from doctor.trials.probe import imported

_MOST = 200
_SOME = 10000  # elements of a tensor that are looked at


class Load:
    """One call that left something out, and how the parameters that it left out were then."""

    def __init__(self, by: str, model: Any, unexpected: Iterable[Any]) -> None:
        self.by = by
        self.model = model
        self.unexpected = _names(unexpected)
        self.before: dict[str, Any] = {}


class Seen:
    """What loading said of weights, and what libraries logged from WARNING on."""

    def __init__(self) -> None:
        self._loads: list[Load] = []
        self._filled: set[int] = set()  # where the parameters lie that some load has filled
        self._within = 0  # calls of from_pretrained, which fills modules piece by piece
        self._texts: set[tuple[str, str]] = set()
        self.logged: list[dict[str, str]] = []

    def watch(self) -> None:
        """Watch from now on; the results of what is watched stay as they are."""
        imported.after("torch.nn.modules.module", self._watch_modules)
        imported.after("transformers.modeling_utils", self._watch_pretrained)
        self._watch_logging()

    def left_out(self) -> list[dict[str, Any]]:
        """
        Return each load with what it left out and nothing has filled since: "by", "class", "missing", "unexpected".

        Missing are parameters that training changes, and running statistics: a buffer that the constructor computes
        is as it should be without.
        """
        told = []
        for load in self._loads:
            now = _learned(load.model, frozen=True)
            missing = [key for key, some in load.before.items() if key in now and self._as_made(some, now[key])]
            if missing or load.unexpected:
                kind = type(load.model).__name__
                told.append({"by": load.by, "class": kind, "missing": missing, "unexpected": load.unexpected})
        return told

    def tensors(self) -> list[Any]:
        """Return the parameters that `left_out` calls missing."""
        found = [
            (load, name, tensor) for load in self._loads for name, tensor in _learned(load.model, frozen=True).items()
        ]
        return [t for load, name, t in found if name in load.before and self._as_made(load.before[name], t)]

    def _as_made(self, before: Any, tensor: Any) -> bool:
        if tensor.data_ptr() in self._filled:
            return False
        return bool((before.to(tensor.dtype) == _some(tensor)).all())

    def _told(self, by: str, model: Any, missing: Iterable[Any], unexpected: Iterable[Any]) -> None:
        learned = _learned(model)
        left = [name for name in _names(missing) if name in learned]
        self._filled.update(tensor.data_ptr() for name, tensor in learned.items() if name not in set(left))
        load = Load(by, model, unexpected)
        load.before = {name: _some(learned[name]) for name in left if learned[name].data_ptr() not in self._filled}
        if (load.before or load.unexpected) and len(self._loads) < _MOST:
            self._loads.append(load)

    def _watch_modules(self, module: Any) -> None:
        kind = module.Module
        before, restored = kind.load_state_dict, kind.__setstate__

        @functools.wraps(before)
        def load_state_dict(model: Any, *args: Any, **kwargs: Any) -> Any:
            result = before(model, *args, **kwargs)
            missing, unexpected = getattr(result, "missing_keys", ()), getattr(result, "unexpected_keys", ())
            if not self._within:
                self._quietly("load_state_dict", model, missing, unexpected)
            return result

        @functools.wraps(restored)
        def setstate(model: Any, state: Any) -> None:
            restored(model, state)
            if not sys._getframe(1).f_code.co_filename.endswith("copy.py"):  # noqa: SLF001 - unpickled, not copied
                held = {**vars(model).get("_parameters", {}), **vars(model).get("_buffers", {})}
                self._filled.update(tensor.data_ptr() for tensor in held.values() if tensor is not None)

        kind.load_state_dict = load_state_dict
        kind.__setstate__ = setstate

    def _watch_pretrained(self, module: Any) -> None:
        kind = module.PreTrainedModel
        before = vars(kind)["from_pretrained"].__func__

        @functools.wraps(before)
        def from_pretrained(cls: Any, *args: Any, **kwargs: Any) -> Any:
            wanted = kwargs.pop("output_loading_info", False)
            self._within += 1
            try:
                model, info = before(cls, *args, output_loading_info=True, **kwargs)
            finally:
                self._within -= 1
            said = info or {}
            missing = [*said.get("missing_keys", ()), *said.get("mismatched_keys", ())]
            self._quietly("from_pretrained", model, missing, said.get("unexpected_keys", ()))
            return (model, info) if wanted else model

        kind.from_pretrained = classmethod(from_pretrained)

    def _quietly(self, by: str, model: Any, missing: Any, unexpected: Any) -> None:
        try:
            self._told(by, model, missing, unexpected)
        except Exception as error:  # what watches must not change what is watched
            sys.stderr.write(f"endpoint doctor: {by} isn't watched: {error}\n")

    def _watch_logging(self) -> None:
        before = logging.Logger.callHandlers

        def call_handlers(logger: Any, record: Any) -> None:
            if record.levelno >= logging.WARNING:
                self._record(record)
            before(logger, record)

        logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign,assignment]

    def _record(self, record: Any) -> None:
        try:
            text = record.getMessage()
        except Exception:
            text = str(record.msg)
        if (record.name, text) not in self._texts and len(self.logged) < _MOST:
            self._texts.add((record.name, text))
            self.logged.append({"logger": record.name, "level": record.levelname, "message": text[:4000]})


def _names(found: Any) -> list[str]:
    """Return keys in order; a mismatched one comes with its two shapes."""
    named = {str(key[0]) if isinstance(key, tuple) and key else str(key) for key in found or ()}
    return sorted(named)[:_MOST]


def _learned(model: Any, *, frozen: bool = False) -> dict[str, Any]:
    """Return the tensors of a module that training changes, by their keys; frozen parameters too where asked for."""
    found = {name: tensor for name, tensor in model.named_parameters() if tensor.requires_grad or frozen}
    found.update((n, t) for n, t in model.named_buffers() if n.endswith(("running_mean", "running_var")))
    return {n: t for n, t in found.items() if t.device.type != "meta" and t.numel()}


def _some(tensor: Any) -> Any:
    return tensor.detach().reshape(-1)[:_SOME].cpu().clone()
