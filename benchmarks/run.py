"""
``make bench``: doctor beside the tools people use today, on the same files, in one run.

Large artifacts: bf16 weights in safetensors inside a model.tar.gz of 1 GiB and 4 GiB (unpacked), made on first use in
``benchmarks/.cache``. Each figure is of a whole process: the median of its runs' wall times, the largest peak memory.
Then a saved image (images.py) and every fixture (peers.py). ``make bench ONLY=startup`` (or large, images, peers) runs
one part.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import images
import peers
from measuring import Run, in_turn, run, tool

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
DOCTOR = str(Path(sys.executable).with_name("doctor"))
QUIET = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": ""}
BLOCK = 1 << 20
GIB = 1 << 30


def weights(path: Path, size: int) -> None:
    """Write a safetensors file of about `size` bytes whose bf16 values are spread as trained weights are."""
    rows = (size - 4096) // (4096 * 2)
    tensors = {"model.weight": {"dtype": "BF16", "shape": [rows, 4096], "data_offsets": [0, rows * 8192]}}
    header = json.dumps(tensors).encode().ljust(256)
    high = _high_bytes()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        left = rows * 8192
        while left:
            count = min(BLOCK, left)
            block = bytearray(count)
            block[0::2] = os.urandom(count // 2)  # the mantissa and the exponent's last bit: noise
            block[1::2] = os.urandom(count // 2).translate(high)
            file.write(block)
            left -= count


def _high_bytes() -> bytes:
    """256 equally likely values for the byte of sign and exponent of normal numbers with deviation 0.02."""
    import random
    import struct

    source = random.Random(0)
    drawn = sorted(struct.pack(">f", source.gauss(0, 0.02))[0] for _ in range(25_600))
    return bytes(drawn[i * 100 + 50] for i in range(256))


def artifact(gibibytes: int) -> Path:
    """Return a model.tar.gz with that many GiB of weights, packed by tar and gzip as users do."""
    target = CACHE / f"model-{gibibytes}gib.tar.gz"
    if not target.exists():
        print(f"making {target.name} (once)", flush=True)
        folder = CACHE / f"packing-{gibibytes}"
        folder.mkdir(parents=True, exist_ok=True)
        weights(folder / "model.safetensors", gibibytes * GIB)
        partial = target.with_suffix(".partial")
        # Level 1 for the large one: only its memory is measured, and level 6 would take minutes.
        pack = f"gzip -{6 if gibibytes == 1 else 1}"
        subprocess.run(["tar", "-I", pack, "-cf", str(partial), "-C", str(folder), "model.safetensors"], check=True)
        shutil.rmtree(folder)
        partial.rename(target)
    return target


def small() -> Path:
    """Return a small artifact: a healthy fixture, packed."""
    target = CACHE / "small.tar.gz"
    fixture = HERE.parent / "fixtures" / "healthy" / "torch-state-dict"
    with tarfile.open(target, "w:gz") as archive:
        for entry in sorted((fixture / "model").iterdir()):
            archive.add(entry, arcname=entry.name)
    return target


def row(name: str, seen: Run, base: Run | None = None) -> None:
    """Print one line of a table."""
    ratio = f"{seen.seconds / base.seconds:7.2f}" if base else " " * 7
    print(f"  {name:<34}{seen.seconds:9.3f} s {ratio}{seen.mib:10.0f} MiB   exit {seen.status}")


def startup() -> None:
    """`python -c pass`, the version, a small artifact."""
    artifact_path, fixture = small(), HERE.parent / "fixtures" / "healthy" / "torch-state-dict"
    check = [DOCTOR, "check", str(artifact_path), "--serving", str(fixture / "serving.txt")]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "doctor --version": [DOCTOR, "--version"],
        "doctor check, small artifact": check,
        "doctor check, small, JSON": [*check, "--format", "json"],
    }
    in_turn(commands, 2, QUIET)  # byte code is written at the first run
    seen = in_turn(commands, 21, QUIET)
    print("\nstart-up (ratio to python -c pass)")
    for name, result in seen.items():
        row(name, result, seen["python -c pass"])


def large() -> None:
    """1 GiB beside tar and the scanners; the same peak at 4 GiB."""
    one = str(artifact(1))
    commands = {"tar -tzf": ["tar", "-tzf", one], "doctor check, 1 GiB": [DOCTOR, "check", one]}
    seen = in_turn(commands, 5, QUIET)
    for package, command, arguments in (
        ("picklescan", "picklescan", ["-p", one]),
        ("modelscan", "modelscan", ["-p", one]),
        ("modelaudit", "modelaudit", ["scan", one]),
    ):
        if program := tool(CACHE, package, command):
            seen[package] = run([*program, *arguments], QUIET)
    print("\na model.tar.gz of 1 GiB of bf16 weights (ratio to tar -tzf)")
    for name, result in seen.items():
        row(name, result, seen["tar -tzf"])
    four = run([DOCTOR, "check", str(artifact(4))], QUIET)
    row("doctor check, 4 GiB", four)
    print(f"  peak memory at 4 GiB / at 1 GiB: {four.mib / seen['doctor check, 1 GiB'].mib:.2f}")


def main() -> None:
    """Run the parts named on the command line, or all."""
    CACHE.mkdir(exist_ok=True)
    parts = {"startup": startup, "large": large, "images": images.main, "peers": lambda: peers.main([])}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
