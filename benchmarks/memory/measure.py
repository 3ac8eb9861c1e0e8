"""
What one recipe needs of a GPU, measured in this fresh process: a recipe on stdin, its row on stdout.

    python benchmarks/memory/measure.py < RECIPE

The same is done on a GPU and on the phantom runtime: the model is built, moved, the cache emptied; then two calls, and
what the caching allocator held at most. On a GPU, NVML says what the process and the device hold besides.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import zoo

Row = dict[str, Any]


def measure(recipe: zoo.Recipe, module: Any = None) -> Row:
    """Return the row of a recipe, whose module may have been constructed before; one with "error" where it fails."""
    row: Row = {"id": recipe["id"]}
    try:
        with _values():
            _measured(recipe, module, row)
    except BaseException as error:
        row["error"] = f"{type(error).__name__}: {error}"[:600]
        if os.environ.get("MEASURE_RAISE"):
            raise
    return row


def _values() -> contextlib.AbstractContextManager[Any]:
    """On the phantom runtime, where nothing is computed, small tensors have values all the same."""
    if "PHANTOM_CAPABILITY" not in os.environ:
        return contextlib.nullcontext()
    from shadows import Shadows

    return Shadows()


def _measured(recipe: zoo.Recipe, module: Any, row: Row) -> None:
    import torch

    held, row["driver"] = _process_bytes()
    _begin(row, held)
    began = time.monotonic()
    module = zoo.loaded(recipe, module if module is not None else zoo.constructed(recipe), "cuda")
    args, kwargs = zoo.inputs(recipe, "cuda")
    torch.cuda.synchronize()
    row["build_s"] = round(time.monotonic() - began, 2)
    row["parameter_bytes"] = sum(p.numel() * p.element_size() for p in module.parameters())
    row["buffer_bytes"] = sum(b.numel() * b.element_size() for b in module.buffers())
    torch.cuda.empty_cache()
    row["loaded_allocated"] = torch.cuda.memory_allocated()
    row["loaded_reserved"] = torch.cuda.memory_reserved()
    torch.cuda.reset_peak_memory_stats()
    history = os.environ.get("MEASURE_TRACE")
    if history:
        torch.cuda.memory._record_memory_history(stacks="python", max_entries=1 << 20)  # noqa: SLF001
    _called(recipe, zoo.calling(recipe, module, args, kwargs), row, held)
    if history:
        torch.cuda.memory._dump_snapshot(history)  # noqa: SLF001
    _environment(row)


def _begin(row: Row, held: Callable[[], int | None]) -> None:
    import torch

    torch.manual_seed(0)
    torch.cuda.init()
    keep = torch.zeros(1, device="cuda")
    torch.cuda.synchronize()
    row["context_process_bytes"] = held()
    free, total = torch.cuda.mem_get_info()
    row["device_used_at_start"] = total - free
    row["total_bytes"] = total
    del keep
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()


def _called(recipe: zoo.Recipe, call: Callable[[], Any], row: Row, held: Callable[[], int | None]) -> None:
    import torch

    grad = torch.enable_grad if recipe.get("grad") else torch.inference_mode
    for number in (1, 2):
        with _bounded(recipe), grad():
            answer = call()
        torch.cuda.synchronize()
        stats = torch.cuda.memory_stats()
        row[f"peak_allocated_{number}"] = stats["allocated_bytes.all.peak"]
        row[f"peak_requested_{number}"] = stats.get("requested_bytes.all.peak")
        row[f"peak_reserved_{number}"] = stats["reserved_bytes.all.peak"]
        row["process_bytes"] = held()
        row["alloc_retries"] = stats.get("num_alloc_retries")
        del answer


class _bounded:  # noqa: N801 - a context manager
    """
    Ends generation after the tokens asked for where values aren't computed: on the phantom runtime.

    All that is read back from it is zero, so no sequence ever finishes by itself.
    """

    def __init__(self, recipe: zoo.Recipe) -> None:
        options = recipe.get("generate", {})
        wanted = recipe.get("call") == "generate" and "PHANTOM_CAPABILITY" in os.environ
        self._steps = options.get("max_new_tokens", 20) if wanted else 0
        self._restored: Any = None

    def __enter__(self) -> None:
        if not self._steps:
            return
        from transformers import GenerationMixin

        self._restored, left = GenerationMixin._has_unfinished_sequences, iter(range(self._steps))  # noqa: SLF001
        GenerationMixin._has_unfinished_sequences = lambda *_, **__: next(left, None) is not None  # noqa: SLF001

    def __exit__(self, *_: object) -> None:
        if self._restored:
            from transformers import GenerationMixin

            GenerationMixin._has_unfinished_sequences = self._restored  # noqa: SLF001


def _environment(row: Row) -> None:
    import torch

    row["torch"] = torch.__version__
    row["cuda"] = torch.version.cuda
    row["cudnn"] = torch.backends.cudnn.version()
    row["gpu"] = torch.cuda.get_device_name()
    row["capability"] = list(torch.cuda.get_device_capability())
    row["sms"] = torch.cuda.get_device_properties(0).multi_processor_count
    row["date"] = dt.datetime.now(dt.timezone.utc).date().isoformat()


def _process_bytes() -> tuple[Callable[[], int | None], str | None]:
    """Return what asks NVML for the bytes of this process, and the driver's version; of nothing without a device."""
    try:
        import pynvml

        pynvml.nvmlInit()
        device = pynvml.nvmlDeviceGetHandleByIndex(0)
        driver = pynvml.nvmlSystemGetDriverVersion()
    except Exception:  # noqa: BLE001 - no library, no driver, no device
        return (lambda: None), None

    def held() -> int | None:
        found = [p for p in pynvml.nvmlDeviceGetComputeRunningProcesses(device) if p.pid == os.getpid()]
        return next((p.usedGpuMemory for p in found if p.usedGpuMemory), None)

    return held, driver.decode() if isinstance(driver, bytes) else driver


if __name__ == "__main__":
    print(json.dumps(measure(json.load(sys.stdin))))
