"""
Builds the phantom runtime against the CUDA wheels of a Python environment: a CUDA runtime without a GPU.

    python benchmarks/memory/phantom/build.py PYTHON FOLDER

FOLDER/libphantom.so, preloaded into that Python, lets PyTorch's own allocator and host code run as if a GPU were there:
see ``variables``. What libraries of the wheel want from NVIDIA's and nobody here defines becomes a function that
succeeds and does nothing. Nothing of NVIDIA's is copied: its headers are read where they lie.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = ("memory", "device", "driver", "blas", "dnn", "rnn")
WANTED = re.compile(r" U ((?:__cuda|cuda|cublas|cudnn|cufft|cusolver|cusparse|cu[A-Z])\w+)")
MADE = re.compile(r"\b[TDB] (\w+)")
# The headers of the wheels lack this one: annotations that mean nothing to a host compiler.
HOST_DEFINES = """#pragma once
#define CUDARTAPI
#define CUDARTAPI_CDECL
#define __host__
#define __device__
#define __device_builtin__
#define __device_builtin_texture_type__
#define __device_builtin_surface_type__
#define __cudart_builtin__
#define __builtin_align__(n) __attribute__((aligned(n)))
#define __align__(n) __attribute__((aligned(n)))
"""


def variables(library: Path, gpu: dict[str, object]) -> dict[str, str]:
    """Return what a Python is started with to see a GPU: ``{"name", "capability": [8, 6], "sms", "memory"}``."""
    major, minor = gpu["capability"]  # type: ignore[misc]
    return {
        **os.environ,
        "LD_PRELOAD": f"{library}:{_nvml(library)}",
        "PHANTOM_CAPABILITY": f"{major}.{minor}",
        "PHANTOM_SMS": str(gpu["sms"]),
        "PHANTOM_MEMORY": str(gpu["memory"]),
        "PHANTOM_NAME": str(gpu.get("name", "phantom")),
    }


def packages(python: Path) -> Path:
    """Return the folder in which an environment's packages lie."""
    words = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip())


def build(python: Path, folder: Path) -> Path:
    """Build the library for an environment, unless it is there and newer than what it is made of."""
    library, site = folder / "libphantom.so", packages(python)
    consumers = [site / "torch/lib" / f"lib{n}.so" for n in ("torch_cuda", "torch_cuda_linalg", "c10_cuda")]
    consumers += [site / f"torch/lib/lib{n}.so" for n in ("torch_python", "caffe2_nvrtc")]
    consumers += sorted(site.glob("torchvision/*.so"))
    made_of = [*HERE.glob("*.[ch]"), HERE / "build.py", consumers[0]]
    if library.exists() and library.stat().st_mtime > max(each.stat().st_mtime for each in made_of):
        return library
    (folder / "crt").mkdir(parents=True, exist_ok=True)
    (folder / "crt" / "host_defines.h").write_text(HOST_DEFINES)
    objects = [_compiled(HERE / f"{name}.c", site, folder) for name in SOURCES]
    stubs = folder / "stubs.c"
    missing = sorted(_names(WANTED, consumers, "--undefined-only") - _names(MADE, objects, "--defined-only"))
    stubs.write_text("".join(_stub(name) for name in missing))
    objects.append(_compiled(stubs, site, folder))
    # By this name it is the driver's library too, for whoever opens that.
    _run("gcc", "-shared", "-Wl,-soname,libcuda.so.1", *map(str, objects), "-lpthread", "-o", str(library))
    _run(
        "gcc",
        "-O1",
        "-fPIC",
        "-shared",
        "-Wl,-soname,libnvidia-ml.so.1",
        str(HERE / "nvml.c"),
        "-o",
        str(_nvml(library)),
    )
    return library


def _nvml(library: Path) -> Path:
    return library.with_name("libphantom-ml.so")


def _names(pattern: re.Pattern[str], files: list[Path], which: str) -> set[str]:
    found = set()
    for each in files:
        dynamic = ["-D"] if each.suffix == ".so" else []
        done = subprocess.run(["nm", *dynamic, which, str(each)], capture_output=True, text=True, check=True)
        found |= {match[1] for match in map(pattern.search, done.stdout.splitlines()) if match}
    return found


def _stub(name: str) -> str:
    """Return a function that succeeds; one that creates what its first argument points at gives it a handle."""
    if re.match(r"cu(blas|dnn|solver|sparse)\w*Create", name):
        return f"#include <stdlib.h>\nint {name}(void **made) {{ *made = calloc(1, 4096); return 0; }}\n"
    return f"int {name}(void) {{ return 0; }}\n"


def _compiled(source: Path, site: Path, folder: Path) -> Path:
    made = folder / f"{source.stem}.o"
    headers = [f"-I{folder}", *(f"-I{each}" for each in sorted(site.glob("nvidia/*/include")))]
    _run("gcc", "-O1", "-fPIC", "-w", "-c", *headers, str(source), "-o", str(made))
    return made


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: {done.stderr[-2000:]}")


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), Path(sys.argv[2])))
