"""
``make truth``: what doctor says of deployments, held against what becomes of them when they are really served.

Each deployment of truth/deployments.json is run twice: once in an image that really serves (fixtures/images), started
as the platform starts it, pinged and sent its request over HTTP; once by ``doctor check ARTIFACT --image IMAGE --trial
invoke --sample REQUEST``. The table of both goes to truth/truth.md; the exit status is 1 where they disagree.

    python benchmarks/truth.py [--only WORD] [--again] [--jobs N]

What was served is kept in .cache/truth.json and not served again unless the image, the artifact or the request changed,
or ``--again`` says so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fixtures" / "images")]

import build  # noqa: E402
from served import AT_LOAD, AT_REQUEST, Truth, served  # noqa: E402

from tests.deployments import FIXTURES, artifact_of, described  # noqa: E402

KEPT = HERE / ".cache" / "truth.json"
LIST = HERE / "truth" / "deployments.json"
TABLE = HERE / "truth" / "truth.md"
STACKS = {"pytorch": "pytorch", "sklearn": "sklearn", "own": "byoc", "tensorflow": "byoc"}
ENDINGS = {"application/json": "json", "text/csv": "csv"}
BEFORE = {"create", "start", "load"}
STEPS = {"load", "invoke", "serve"}  # of the trial, in the table
SEEN_AT = {"trial:load": AT_LOAD, "trial:invoke": AT_REQUEST}
WRITING = threading.Lock()


class Case(NamedTuple):
    """A deployment: image, fixture, request and its content type."""

    image: str
    fixture: str
    body: bytes
    content_type: str


class Said(NamedTuple):
    """What doctor said: whether it serves, when it fails, the first error, seconds."""

    serves: bool
    failed: str
    first: str
    trial: str
    seconds: float


def cases() -> list[Case]:
    """Return all deployments."""
    listed = json.loads(LIST.read_text())["images"]
    return [_case(image, fixture, given) for image, rows in listed.items() for fixture, given in rows.items()]


def _case(image: str, fixture: str, given: Any) -> Case:
    if given is None:
        sample = FIXTURES / fixture / described(fixture)["options"]["sample"]
        content_type = {"csv": "text/csv"}.get(sample.suffix[1:], "application/json")
        return Case(image, fixture, sample.read_bytes(), content_type)
    body, content_type = (given, "application/json") if isinstance(given, str) else given
    return Case(image, fixture, body.encode(), content_type)


def variables(case: Case, model: Path) -> dict[str, str]:
    """Return what the endpoint sets: what the fixture says, and what the SDK sets where there is a script."""
    script = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    found = script if (model / "code" / "inference.py").exists() else {}
    return {**found, "SAGEMAKER_MODEL_SERVER_WORKERS": "1", **described(case.fixture)["options"].get("env", {})}


def truth(case: Case, image: str, archive: Path, folder: Path) -> Truth:
    """Serve a deployment, and say what was seen."""
    model = folder / "model"
    with tarfile.open(archive) as packed:
        packed.extractall(model, filter="data")
    return served(image, model, variables(case, model), (case.body, case.content_type, "application/json"))


def examined(case: Case, image: str, archive: Path, folder: Path) -> Said:
    """Have doctor examine and try a deployment, and say what it said."""
    sample = folder / f"sample.{ENDINGS[case.content_type]}"
    sample.write_bytes(case.body)
    words = [sys.executable, "-m", "doctor", "check", str(archive), "--image", image, "--trial", "invoke"]
    words += ["--sample", str(sample), "--content-type", case.content_type, "--stack", STACKS[case.image]]
    options = described(case.fixture)["options"]
    words += ["--instance-type", options["instance-type"]] if options.get("instance-type") else []
    words += ["--network-isolation"] if options.get("network-isolation") else []
    with tarfile.open(archive) as packed:
        has_script = "code/inference.py" in packed.getnames()
    settings = variables(case, folder / "model") if has_script else variables(case, folder)
    words += [w for k, v in settings.items() for w in ("--env", f"{k}={v}")]
    began = time.monotonic()
    done = subprocess.run(
        [*words, "--format", "json"], cwd=HERE.parent, capture_output=True, text=True, check=False, timeout=600
    )
    return _said(done, time.monotonic() - began)


def _said(done: subprocess.CompletedProcess[str], seconds: float) -> Said:
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return Said(
            serves=False, failed="", first=f"exit {done.returncode}: {done.stderr[-200:]}", trial="", seconds=seconds
        )
    errors = [f for f in report["findings"] if f["severity"] == "error"]
    first = errors[0] if errors else {}
    failed = _when(errors) if errors else ""
    steps = (report.get("trial") or {}).get("steps") or []
    tried = ", ".join(f"{s['name']} {s['result']}" for s in steps if s["name"] in STEPS)
    return Said(not errors, failed, first.get("check", ""), tried, seconds)


def _when(errors: list[dict[str, Any]]) -> str:
    """Return when it fails, as the trial saw it; else as the first error's check has it."""
    seen = [(e["where"], f["stage"]) for f in errors for e in f["evidence"] if e["where"].startswith("trial:")]
    where, stage = seen[0] if seen else ("", errors[0]["stage"])
    if where in SEEN_AT:
        return SEEN_AT[where]
    return AT_LOAD if stage in BEFORE else AT_REQUEST


class Row(NamedTuple):
    """Both answers to one deployment."""

    case: Case
    truth: Truth
    said: Said

    @property
    def agrees(self) -> bool:
        """Whether doctor says what happened: served or not, and where not, when."""
        return self.truth.serves == self.said.serves and (self.truth.serves or self.truth.failed == self.said.failed)


def run(case: Case, kept: dict[str, Any], *, again: bool) -> Row:
    """Run a deployment both ways."""
    image = build.image(case.image)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        archive = artifact_of(case.fixture, folder)
        key = f"{case.image} {case.fixture}"
        digest = _digest(image, archive, case.body)
        if again or kept.get(key, {}).get("digest") != digest:
            kept[key] = {"digest": digest, "truth": truth(case, image, archive, folder)._asdict()}
            with WRITING:
                KEPT.write_text(json.dumps({**_kept(), key: kept[key]}, indent=1))
        else:
            with tarfile.open(archive) as packed:
                packed.extractall(folder / "model", filter="data")
        return Row(case, Truth(**kept[key]["truth"]), examined(case, image, archive, folder))


def _digest(image: str, archive: Path, body: bytes) -> str:
    packed = archive.read_bytes()  # whose fourth to seventh byte are the time
    return hashlib.sha256(b"\0".join([image.encode(), packed[:4], packed[8:], body])).hexdigest()[:16]


def _kept() -> dict[str, Any]:
    return dict(json.loads(KEPT.read_text())) if KEPT.exists() else {}


def table(rows: list[Row]) -> str:
    """Return the page."""
    agreeing = [r for r in rows if r.agrees]
    kinds = {kind: [r for r in rows if r.case.fixture.startswith(kind)] for kind in ("seeds", "sick", "healthy")}
    left_out = json.loads(LIST.read_text())["left_out"]
    lines = [
        "# Verdict against truth",
        "",
        "Written by `make truth`. Each deployment was served for real and asked over HTTP, and examined by "
        "`doctor check --trial invoke`.",
        "",
        f"{len(rows)} deployments ({', '.join(f'{len(v)} {k}' for k, v in kinds.items())}; "
        f"{sum(r.truth.serves for r in rows)} serve): doctor agrees on {len(agreeing)}.",
        "",
        "| image | deployment | served | what the client saw | doctor | first error | trial |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_line(r) for r in rows]
    lines += ["", "Left out: " + "; ".join(f"{k} ({v})" for k, v in left_out.items()) + ".", ""]
    return "\n".join(lines)


def _line(row: Row) -> str:
    happened = "yes" if row.truth.serves else f"no, {row.truth.failed}"
    said = "serves" if row.said.serves else f"fails {row.said.failed}"
    mark = "" if row.agrees else "**"
    seen = row.truth.error or row.truth.answer or row.truth.ping
    cells = [
        row.case.image,
        row.case.fixture,
        happened,
        _short(seen),
        f"{mark}{said}{mark}",
        row.said.first,
        row.said.trial,
    ]
    return "| " + " | ".join(cells) + " |"


def _short(text: str) -> str:
    """Return text as a cell holds it, without what differs from run to run."""
    import re

    plain = re.sub(r"/tmp/models/\w+/", "/tmp/models/…/", " ".join(text.split()))
    plain = re.sub(r"0x[0-9a-f]+", "0x…", plain)
    return plain[:110].replace("|", "\\|").replace("<", "&lt;")


def main() -> int:
    """Run all, write the table, and say what disagrees."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--only", default="", help="deployments whose image or name has this in it")
    parser.add_argument("--again", action="store_true", help="serve again what was served before")
    parser.add_argument("--jobs", type=int, default=2, help="deployments at a time")
    given = parser.parse_args()
    KEPT.parent.mkdir(exist_ok=True)
    kept = _kept()
    asked = [c for c in cases() if given.only in f"{c.image} {c.fixture}"]
    for name in dict.fromkeys(c.image for c in asked):
        build.image(name)
    rows = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for row in pool.map(lambda case: run(case, kept, again=given.again), asked):
            rows.append(row)
            print(f"{'ok ' if row.agrees else 'NO '} {_line(row)}", flush=True)
    if not given.only:
        TABLE.write_text(table(rows))
    wrong = [r for r in rows if not r.agrees]
    print(f"{len(rows)} deployments, {len(wrong)} disagreements")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
