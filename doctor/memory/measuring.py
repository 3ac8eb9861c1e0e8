"""What processes take of a GPU, as NVIDIA's driver counts it (NVML), while a model is loaded and called."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from doctor.errors import BadInput
from doctor.memory.values import Need, Place, Range, Term, Tier

# CUDA numbers GPUs as NVML does only where it is told to; for the environment of the process that is measured.
ENVIRONMENT: Mapping[str, str] = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
_INTERVAL = 0.02  # seconds between two looks; what an allocator has reserved it seldom gives back
_INSTALL = "--measure needs NVML's bindings for Python: pip install nvidia-ml-py"
_REASONS = {
    "NVMLError_LibraryNotFound": "there is no libnvidia-ml.so.1, so no NVIDIA driver; run it where nvidia-smi answers",
    "NVMLError_DriverNotLoaded": "the NVIDIA driver is not loaded; run it where nvidia-smi answers",
    "NVMLError_NoPermission": "the driver refuses this user; give access to /dev/nvidia*, or run it as root",
    "NVMLError_LibRmVersionMismatch": "the driver and its library are of different versions; restart the machine",
    "NVMLError_GpuIsLost": "the GPU has fallen off its bus; restart the machine",
}


class Device(NamedTuple):
    """
    One GPU, or one instance of a GPU in MIG mode.

    Args:
        number: as NVML has it; of the whole GPU where it is an instance.
        name: "NVIDIA A10G".
        uuid: "GPU-…", "MIG-…".
        total: bytes of its memory.
        used: bytes in use by everybody, the driver's own included.
        free: the rest.
        driver: "580.65.06".
        capability: compute capability, () where the driver doesn't say.
        instance: which of the GPU's instances, -1 for a whole GPU.
    """

    number: int
    name: str
    uuid: str
    total: int
    used: int
    free: int
    driver: str
    capability: tuple[int, ...] = ()
    instance: int = -1


class Measured(NamedTuple):
    """
    What was measured.

    Args:
        device: as it was before.
        peak: the most bytes that the processes had at one time.
        by: "process", counted for each process; "device", the whole GPU's use less what was used before.
        looks: how often it was looked at.
        doubts: what may be wrong with it, a sentence each.
    """

    device: Device
    peak: int
    by: str
    looks: int
    doubts: tuple[str, ...] = ()


def devices() -> list[Device]:
    """Return the GPUs of this machine; BadInput with one line where there are none or nothing tells of them."""
    with _nvml() as nvml:
        found = [device for index in range(nvml.nvmlDeviceGetCount()) for device, _ in _devices_at(nvml, index)]
    if not found:
        raise BadInput("--measure: the NVIDIA driver sees no GPU here; run it on a machine with one")
    return found


def chosen(found: list[Device], visible: str | None) -> Device:
    """
    Return the GPU on which a process will be, by its CUDA_VISIBLE_DEVICES.

    Args:
        found: all there are.
        visible: the variable's value, None where it isn't set.
    """
    if visible is None:
        return found[0]
    first = visible.split(",")[0].strip()
    for device in found:
        if first == str(device.number) and device.instance < 1:
            return device
        if first.startswith(("GPU-", "MIG-")) and device.uuid.startswith(first):
            return device
    raise BadInput(f"--measure: CUDA_VISIBLE_DEVICES={visible} leaves no GPU to measure; unset it")


class Meter:
    """
    Looks at a GPU again and again while it is entered; `measured()` tells the most that was in use.

    Where the driver counts no memory for each process (in a container it numbers processes as the host does, under WDDM
    it doesn't count), the whole GPU's use counts, less what was used before.

    Args:
        device: to look at.
        pid: whose memory counts, with that of its descendants; 0 for this process and those it starts.
    """

    def __init__(self, device: Device, pid: int = 0) -> None:
        self._device = device
        self._pid = pid or os.getpid()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="doctor-meter", daemon=True)
        self._start = device.used
        self._others = 0
        self._peaks = {"process": 0, "device": 0}
        self._looks = 0
        self._failed = ""

    def __enter__(self) -> Meter:
        """Note what is used before, and begin."""
        with _nvml() as nvml:
            handle = _handle(nvml, self._device)
            self._start = int(nvml.nvmlDeviceGetMemoryInfo(handle).used)
            self._others = len(_processes(nvml, handle))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Look a last time, and end."""
        self._stop.set()
        self._thread.join()

    def measured(self) -> Measured:
        """Return what was measured; BadInput where the driver stopped answering."""
        if self._failed and not self._looks:
            raise BadInput(f"--measure: {self._failed}")
        doubts = [self._failed] if self._failed else []
        if self._peaks["process"]:
            return Measured(self._device, self._peaks["process"], "process", self._looks, tuple(doubts))
        if self._others:
            many = f"{self._others} other processes were" if self._others > 1 else "another process was"
            doubts.append(f"{many} on the GPU, and what changed of its memory counts too")
        return Measured(self._device, self._peaks["device"], "device", self._looks, tuple(doubts))

    def _watch(self) -> None:
        try:
            with _nvml() as nvml:
                handle = _handle(nvml, self._device)
                last = False
                while not last:
                    last = self._stop.wait(_INTERVAL)
                    self._look(nvml, handle)
        except BadInput as error:
            self._failed = str(error).removeprefix("--measure: ")

    def _look(self, nvml: Any, handle: Any) -> None:
        used = int(nvml.nvmlDeviceGetMemoryInfo(handle).used)
        mine = _tree(self._pid)
        sizes = [size for pid, size in _processes(nvml, handle).items() if pid in mine and size is not None]
        self._peaks["process"] = max(self._peaks["process"], sum(sizes))
        self._peaks["device"] = max(self._peaks["device"], used - self._start)
        self._looks += 1


def need(measured: Measured, reserved: int = 0) -> Need:
    """
    Return what was measured as a need.

    Args:
        measured: by a Meter.
        reserved: the most that PyTorch's allocator had of it, where the probe told; 0 unknown.
    """
    how = "NVML, for each process" if measured.by == "process" else "NVML, the GPU's use less that before"
    if not 0 < reserved < measured.peak:
        terms: tuple[Term, ...] = (Term("measured", Range.exactly(measured.peak), how, Tier.MEASUREMENT),)
    else:
        rest = Range.exactly(measured.peak - reserved)
        terms = (
            Term("PyTorch's allocator", Range.exactly(reserved), "torch.cuda.memory_stats", Tier.MEASUREMENT),
            Term("CUDA context", rest, f"the rest: {how}", Tier.MEASUREMENT),
        )
    return Need(Place.GPU, terms, doubts=measured.doubts)


@contextmanager
def _nvml() -> Iterator[Any]:
    """Give NVML, begun and ended; every error of it becomes one line."""
    try:
        nvml = import_module("pynvml")
    except ImportError:
        raise BadInput(_INSTALL) from None
    try:
        nvml.nvmlInit()
        try:
            yield nvml
        finally:
            nvml.nvmlShutdown()
    except nvml.NVMLError as error:
        said = _REASONS.get(type(error).__name__, f"NVML says {str(error).strip().rstrip('.') or 'nothing'}")
        raise BadInput(f"--measure: {said}") from None


def _devices_at(nvml: Any, index: int) -> Iterator[tuple[Device, Any]]:
    """Yield a GPU with its handle, or the instances that it is divided into."""
    whole = nvml.nvmlDeviceGetHandleByIndex(index)
    if not _divided(nvml, whole):
        yield _device(nvml, index, whole, -1), whole
        return
    for instance in range(nvml.nvmlDeviceGetMaxMigDeviceCount(whole)):
        try:
            part = nvml.nvmlDeviceGetMigDeviceHandleByIndex(whole, instance)
        except nvml.NVMLError:
            continue  # fewer instances were made than there can be
        yield _device(nvml, index, part, instance), part


def _divided(nvml: Any, handle: Any) -> bool:
    """Say whether a GPU is in MIG mode; those older than the A100 don't know of it."""
    try:
        return bool(nvml.nvmlDeviceGetMigMode(handle)[0] == 1)
    except nvml.NVMLError:
        return False


def _device(nvml: Any, index: int, handle: Any, instance: int) -> Device:
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    return Device(
        index,
        _text(nvml.nvmlDeviceGetName(handle)),
        _text(nvml.nvmlDeviceGetUUID(handle)),
        int(memory.total),
        int(memory.used),
        int(memory.free),
        _text(nvml.nvmlSystemGetDriverVersion()),
        _capability(nvml, handle),
        instance,
    )


def _capability(nvml: Any, handle: Any) -> tuple[int, ...]:
    try:
        return tuple(nvml.nvmlDeviceGetCudaComputeCapability(handle))
    except nvml.NVMLError:
        return ()


def _handle(nvml: Any, device: Device) -> Any:
    """Return the handle of a device; handles don't outlive their nvmlInit."""
    for found, handle in _devices_at(nvml, device.number):
        if found.uuid == device.uuid:
            return handle
    raise BadInput(f"--measure: {device.name} {device.uuid} is gone")


def _processes(nvml: Any, handle: Any) -> dict[int, int | None]:
    """Return bytes by process, None where they aren't counted; {} where the driver tells of no processes."""
    try:
        return {p.pid: p.usedGpuMemory for p in nvml.nvmlDeviceGetComputeRunningProcesses(handle)}
    except nvml.NVMLError:
        return {}


def _text(said: str | bytes) -> str:
    """Return a text of NVML: bindings before 11.5 give bytes."""
    return said.decode() if isinstance(said, bytes) else said


def _tree(pid: int) -> set[int]:
    """Return a process and its descendants, itself alone where there is no /proc."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it ended meanwhile
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, waiting = {pid}, [pid]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found
