"""
Measure what the Python Package Index has for each Python: ``python -m measurements.wheels``.

Two files are made again from nothing, with the newest pip: ``python_wheels.json``, which releases of some distributions
have a wheel for which Python on Linux x86-64 and which only a source archive, and ``wheel_requires.json``, what the
releases of some distributions require. Nothing is downloaded but the index pages and the metadata inside the wheels.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measurements.spans import spans

FACTS = Path(__file__).parent.parent / "doctor" / "facts"
PYTHONS = ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
GLIBC = ("2_5", "2_12", "2_17", "2_24", "2_26", "2_27", "2_28", "2_31", "2_34", "2_35", "2_39")
PLATFORMS = [f"manylinux_{g}_x86_64" for g in GLIBC] + ["manylinux1_x86_64", "manylinux2010_x86_64",
             "manylinux2014_x86_64", "linux_x86_64"]  # fmt: skip
ONLY_WHEELS = ["--only-binary", ":all:", *(x for p in PLATFORMS for x in ("--platform", p))]

# Distribution, and the first release whose requirements are of interest; "" measures its wheels only.
DISTRIBUTIONS = {
    "numpy": "",
    "scipy": "1.9",
    "pandas": "1.5",
    "scikit-learn": "1.0",
    "torch": "2.0",
    "torchvision": "0.15",
    "torchaudio": "2.0",
    "tensorflow": "2.10",
    "keras": "",
    "xgboost": "",
    "lightgbm": "",
    "onnxruntime": "",
    "h5py": "",
    "tokenizers": "0.14",
    "transformers": "4.30",
    "huggingface-hub": "",
    "pyarrow": "",
    "sentencepiece": "",
    "protobuf": "",
    "spacy": "",
    "statsmodels": "",
    "opencv-python-headless": "",
}
EVERY = ("torchvision", "torchaudio")  # each of their releases is for another torch; of others the last of a series


def versions(name: str, python: str, *options: str) -> list[str]:
    """Return the releases that pip would consider for a Python, the oldest first; none where it finds none."""
    done = _pip("index", "versions", name, "--json", "--python-version", python, *options)
    if done.returncode:
        return []
    found = json.loads(done.stdout)["versions"]
    return [v for v in reversed(found) if "+" not in v]


def wheels(name: str) -> dict[str, str]:
    """Return releases by the Pythons that they have wheels for, and after a slash those that would compile them."""
    binary = {p: set(versions(name, p, *ONLY_WHEELS)) for p in PYTHONS}
    either = {p: versions(name, p) for p in PYTHONS}
    order = {v: None for p in PYTHONS for v in either[p]} | {v: None for p in PYTHONS for v in sorted(binary[p])}
    grouped: dict[str, list[str]] = {}
    for version in sorted(order, key=_key):
        built = [p for p in PYTHONS if version in binary[p]]
        source = [p for p in PYTHONS if version in either[p] and p not in built]
        grouped.setdefault(_minors(built) + (f"/{_minors(source)}" if source else ""), []).append(version)
    return {code: " ".join(found) for code, found in grouped.items()}


def yanked(name: str) -> str:
    """Return the releases that pip takes only where they are pinned: it lists them when it finds nothing else."""
    done = _pip("install", "--dry-run", "--no-deps", "--ignore-installed", f"{name}==99999")
    found = re.search(r"Ignored the following yanked versions: ([^\n]+)", done.stderr)
    return " ".join(found[1].split(", ")) if found else ""


def requirements(wanted: dict[str, dict[str, str]]) -> dict[str, dict[str, list[str]]]:
    """Return what releases require, by distribution: one of each distribution is asked for in one run of pip."""
    found: dict[str, dict[str, list[str]]] = {name: {} for name in wanted}
    waiting = {name: list(releases.items()) for name, releases in wanted.items()}
    while any(waiting.values()):
        by_python: dict[str, list[str]] = {}
        for name, releases in waiting.items():
            if releases:
                version, python = releases.pop()
                by_python.setdefault(python, []).append(f"{name}=={version}")
        for python, asked in by_python.items():
            for name, version, lines in _metadata(asked, python):
                found[name][version] = lines
        print(sum(map(len, found.values())), "releases", file=sys.stderr)
    return found


def grouped(releases: dict[str, list[str]]) -> list[list[Any]]:
    """Return neighbouring releases that require the same as one row: first, last, what they require."""
    rows: list[list[Any]] = []
    for version in sorted(releases, key=_key):
        if rows and rows[-1][2] == releases[version]:
            rows[-1][1] = version
        else:
            rows.append([version, version, releases[version]])
    return rows


def main() -> None:
    """Measure, and write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FACTS, help="folder of the two files")
    parser.add_argument("--keep", action="store_true", help="take the releases from python_wheels.json as it is")
    parser.add_argument("names", nargs="*", help="only these distributions, printed and not written")
    given = parser.parse_args()
    releases = {}
    for name in given.names or ([] if given.keep else DISTRIBUTIONS):
        releases[name] = wheels(name)
        print(name, file=sys.stderr)
    if given.names:
        print(json.dumps(releases, indent=1))
        return
    date = dt.datetime.now(tz=dt.timezone.utc).date().isoformat()
    if given.keep:
        releases = json.loads((given.out / "python_wheels.json").read_text())["releases"]
    else:
        _write(given.out / "python_wheels.json", {
            "source": "pip index versions with and without --only-binary, for each Python on Linux x86-64: releases by "
            "the 3.x that they have wheels for; after a slash, the 3.x for which there is only a source archive; "
            "yanked: those that pip takes only where they are pinned",
            "date": date, "pythons": [PYTHONS[0], PYTHONS[-1]], "releases": releases,
            "yanked": {name: found for name in DISTRIBUTIONS if (found := yanked(name))},
        })  # fmt: skip
    wanted = {n: _chosen(n, releases[n], since) for n, since in DISTRIBUTIONS.items() if since}
    required = requirements(wanted)
    _write(given.out / "wheel_requires.json", {
        "source": "Requires-Dist in the METADATA of the last wheel of each series (of torchvision and torchaudio: of "
        "each release): first release, last release, what both require (without extras, without what any version "
        "meets, without NVIDIA's)",
        "date": date, "releases": {n: grouped(found) for n, found in sorted(required.items())},
    })  # fmt: skip


def _chosen(name: str, releases: dict[str, str], since: str) -> dict[str, str]:
    """Return the last release of each series from one on, each with a Python that has a wheel of it."""
    series: dict[tuple[int, ...], list[tuple[str, str]]] = {}
    for code, found in releases.items():
        built = code.split("/")[0]
        for version in found.split() if built else ():
            if _key(version) >= _key(since):
                python = "3." + built.split(",")[-1].split("-")[-1]
                series.setdefault(_key(version)[: 3 if name in EVERY else 2], []).append((version, python))
    return dict(max(members, key=lambda m: _key(m[0])) for _, members in sorted(series.items()))


def _metadata(asked: list[str], python: str) -> list[tuple[str, str, list[str]]]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        options = ["--dry-run", "--no-deps", "--ignore-installed", "--use-feature=fast-deps", "-q", "--target", folder]
        done = _pip("install", *options, "--report", str(report), "--python-version", python, *ONLY_WHEELS, *asked)
        if done.returncode:
            if len(asked) == 1:
                print("no metadata of", *asked, done.stderr[-200:], file=sys.stderr)
                return []
            return [row for one in asked for row in _metadata([one], python)]
        items = json.loads(report.read_text())["install"]
    return [
        (i["metadata"]["name"].lower().replace("_", "-"), i["metadata"]["version"], _kept(i["metadata"])) for i in items
    ]


def _kept(metadata: dict[str, Any]) -> list[str]:
    """Requirements that say something of a version: pip's report writes ``numpy (<2,>=1.22)``."""
    from packaging.requirements import Requirement

    lines = []
    for text in metadata.get("requires_dist", []):
        requirement = Requirement(text.replace(" (", " ").replace(") ", " ").removesuffix(")"))
        if requirement.name.startswith(("nvidia-", "cuda-")):
            continue  # torch_cuda.json says which CUDA a torch brings
        if requirement.specifier and "extra" not in str(requirement.marker or ""):
            lines.append(str(requirement))
    return sorted(lines)


def _minors(pythons: list[str]) -> str:
    numbers = (int(p.split(".")[1]) for p in pythons)
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans(numbers))


def _key(version: str) -> tuple[int, ...]:
    from packaging.version import Version

    parsed = Version(version)
    return (*parsed.release, *(0,) * (4 - len(parsed.release)), parsed.post or 0)


def _pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    # The index alone: what this machine's own configuration adds is no fact about it.
    certificates = ["--cert", os.environ["PIP_CERT"]] if "PIP_CERT" in os.environ else []
    command = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", *arguments, *certificates]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _write(path: Path, facts: dict[str, Any]) -> None:
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
    print(path)


if __name__ == "__main__":
    main()
