"""Measuring with NVML: against a stand-in that behaves as its documentation says; the real one says it isn't there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from doctor.errors import BadInput
from doctor.memory.measuring import Meter, chosen, devices, need
from doctor.memory.values import Place, Tier

GIB = 1 << 30


class NVMLError(Exception):
    pass


class NVMLError_LibraryNotFound(NVMLError):  # noqa: N801 - as NVML names them
    pass


class NVMLError_NotSupported(NVMLError):  # noqa: N801
    pass


class NVMLError_NoPermission(NVMLError):  # noqa: N801
    pass


class NVMLError_NotFound(NVMLError):  # noqa: N801
    pass


class Nvml:
    """NVML with GPUs that a test fills: each {"used", "processes", "mig"}; handles are good until nvmlShutdown."""

    NVMLError = NVMLError

    def __init__(self, *gpus, fails=None):
        self.gpus = list(gpus)
        self.fails = fails
        self.begun = 0
        self.session = 0

    def nvmlInit(self):  # noqa: N802
        if self.fails:
            raise self.fails
        self.begun += 1
        self.session += 1

    def nvmlShutdown(self):  # noqa: N802
        self.begun -= 1

    def nvmlDeviceGetCount(self):  # noqa: N802
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        return self._handle(self.gpus[index])

    def nvmlDeviceGetMigMode(self, handle):  # noqa: N802
        if "mig" not in self._gpu(handle):
            raise NVMLError_NotSupported
        return [int(bool(self._gpu(handle)["mig"])), 0]

    def nvmlDeviceGetMaxMigDeviceCount(self, handle):  # noqa: N802
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle, index):  # noqa: N802
        parts = self._gpu(handle)["mig"]
        if index >= len(parts):
            raise NVMLError_NotFound
        return self._handle(parts[index])

    def nvmlDeviceGetMemoryInfo(self, handle):  # noqa: N802
        gpu = self._gpu(handle)
        used = gpu["used"]() if callable(gpu["used"]) else gpu["used"]
        return SimpleNamespace(total=gpu["total"], used=used, free=gpu["total"] - used)

    def nvmlDeviceGetName(self, handle):  # noqa: N802
        return self._gpu(handle).get("name", "NVIDIA A10G")

    def nvmlDeviceGetUUID(self, handle):  # noqa: N802
        return self._gpu(handle)["uuid"]

    def nvmlDeviceGetCudaComputeCapability(self, handle):  # noqa: N802
        return (8, 6)

    def nvmlSystemGetDriverVersion(self):  # noqa: N802
        return b"580.65.06"

    def nvmlDeviceGetComputeRunningProcesses(self, handle):  # noqa: N802
        listed = self._gpu(handle).get("processes", {})
        if isinstance(listed, Exception):
            raise listed
        listed = listed() if callable(listed) else listed
        return [SimpleNamespace(pid=pid, usedGpuMemory=size) for pid, size in listed.items()]

    def _handle(self, gpu):
        return (self.session, gpu)

    def _gpu(self, handle):
        _, gpu = handle
        assert self.begun > 0, "NVML is asked before nvmlInit or after nvmlShutdown"
        return gpu


def gpu(used=300 << 20, uuid="GPU-1", **more):
    return {"total": 24 * GIB, "used": used, "uuid": uuid, **more}


@pytest.fixture
def nvml(monkeypatch):
    def there(*gpus, fails=None):
        made = Nvml(*gpus, fails=fails)
        monkeypatch.setitem(sys.modules, "pynvml", made)
        return made

    return there


def run(*stages):
    """Measure while each of the stages changes what the GPU says."""
    with Meter(devices()[0]) as meter:
        for stage in stages:
            stage()
            time.sleep(0.1)
    return meter.measured()


def test_the_gpus_of_a_machine(nvml):
    made = nvml(gpu(), gpu(uuid="GPU-2", name=b"Tesla T4"))
    first, second = devices()
    assert first.name == "NVIDIA A10G"
    assert (first.total, first.used, first.free) == (24 * GIB, 300 << 20, 24 * GIB - (300 << 20))
    assert (first.driver, first.capability, first.instance) == ("580.65.06", (8, 6), -1)
    assert (second.number, second.name) == (1, "Tesla T4")
    assert made.begun == 0


def test_a_gpu_that_is_divided_is_its_instances(nvml):
    nvml(gpu(mig=[gpu(uuid="MIG-a"), gpu(uuid="MIG-b")]), gpu(uuid="GPU-2", mig=[]))
    assert [(d.number, d.uuid, d.instance) for d in devices()] == [(0, "MIG-a", 0), (0, "MIG-b", 1), (1, "GPU-2", -1)]


@pytest.mark.parametrize(
    ("visible", "uuid"), [(None, "GPU-1"), ("1", "GPU-2"), ("1,0", "GPU-2"), ("GPU-2", "GPU-2"), (" 0", "GPU-1")]
)
def test_the_gpu_that_a_process_will_be_on(nvml, visible, uuid):
    nvml(gpu(), gpu(uuid="GPU-2"))
    assert chosen(devices(), visible).uuid == uuid


@pytest.mark.parametrize("visible", ["", "-1", "7", "GPU-9"])
def test_no_gpu_is_left(nvml, visible):
    nvml(gpu())
    with pytest.raises(BadInput, match="leaves no GPU to measure"):
        chosen(devices(), visible)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (NVMLError_LibraryNotFound(), "there is no libnvidia-ml.so.1"),
        (NVMLError_NoPermission(), "the driver refuses this user"),
        (NVMLError("Unknown Error"), "NVML says Unknown Error"),
    ],
)
def test_an_error_of_nvml_is_one_line(nvml, error, line):
    nvml(gpu(), fails=error)
    with pytest.raises(BadInput, match=line) as caught:
        devices()
    assert "\n" not in str(caught.value)


def test_a_machine_without_a_gpu(nvml):
    nvml()
    with pytest.raises(BadInput, match="sees no GPU here"):
        devices()


def test_without_the_bindings(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(BadInput, match="pip install nvidia-ml-py"):
        devices()


def test_the_peak_of_a_process_and_its_children(nvml):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    one = gpu(processes={os.getpid(): GIB, 1: 9 * GIB})
    nvml(one)
    try:
        measured = run(
            lambda: one["processes"].update({os.getpid(): 3 * GIB, child.pid: GIB}),
            lambda: one["processes"].update({os.getpid(): 2 * GIB}),
        )
    finally:
        child.communicate()
    assert (measured.by, measured.peak, measured.doubts) == ("process", 4 * GIB, ())
    assert measured.looks > 2


def test_a_load_that_is_over_at_once_is_looked_at(nvml):
    nvml(gpu(processes={os.getpid(): GIB}))
    with Meter(devices()[0]) as meter:
        pass
    assert meter.measured().peak == GIB


def test_memory_that_is_not_counted_by_process_is_the_devices(nvml):
    one = gpu(processes={os.getpid(): None})
    nvml(one)
    measured = run(lambda: one.update(used=5 * GIB), lambda: one.update(used=4 * GIB))
    assert (measured.by, measured.peak) == ("device", 5 * GIB - (300 << 20))
    assert "another process was on the GPU" in measured.doubts[0]


@pytest.mark.parametrize("processes", [{}, NVMLError_NotSupported()])
def test_in_a_container_the_processes_are_not_known(nvml, processes):
    one = gpu(processes=processes)
    nvml(one)
    measured = run(lambda: one.update(used=3 * GIB))
    assert (measured.by, measured.peak, measured.doubts) == ("device", 3 * GIB - (300 << 20), ())


def test_a_driver_that_stops_answering(nvml):
    one = gpu(processes={os.getpid(): GIB})
    made = nvml(one)
    measured = run(lambda: None, lambda: one.update(used=_lost))
    assert (measured.peak, measured.doubts) == (GIB, ("NVML says GPU is lost",))
    assert made.begun == 0


def test_a_driver_that_answers_only_once(nvml):
    answers = iter([GIB] * 4)  # for devices(), for the meter's handle, for what is used before, for the thread's handle
    nvml(gpu(used=lambda: next(answers, None) or _lost()))
    with Meter(devices()[0]) as meter:
        time.sleep(0.1)
    with pytest.raises(BadInput, match="GPU is lost"):
        meter.measured()


def _lost():
    raise NVMLError("GPU is lost")


def test_what_was_measured_as_a_need(nvml):
    nvml(gpu(processes={os.getpid(): 5 * GIB}))
    measured = run()
    whole, parts = need(measured), need(measured, reserved=4 * GIB)
    assert [(t.name, t.size.expected) for t in whole.terms] == [("measured", 5 * GIB)]
    assert [(t.name, t.size.expected) for t in parts.terms] == [("PyTorch's allocator", 4 * GIB), ("CUDA context", GIB)]
    assert {whole.size, parts.size} == {(5 * GIB,) * 3}
    assert (whole.place, whole.tier) == (Place.GPU, Tier.MEASUREMENT)
    assert need(measured, reserved=6 * GIB).terms == whole.terms


def test_the_real_bindings_say_that_there_is_no_driver():
    pytest.importorskip("pynvml", reason="nvidia-ml-py isn't installed")
    if shutil.which("nvidia-smi"):
        assert all(d.total > d.used for d in devices())
        return
    with pytest.raises(BadInput, match=r"^--measure: there is no libnvidia-ml\.so\.1.* nvidia-smi answers$"):
        devices()
