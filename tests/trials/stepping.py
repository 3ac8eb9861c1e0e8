"""Runs the packed probe as a sandbox does, in an interpreter with real frameworks."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from doctor.trials.packing import packed

NONCE = "n0nce"


def stepped(
    folder: Path, python: str, step: str, files: dict[str, str | bytes], sample: bytes | None = None, **said: Any
) -> dict[str, Any]:
    """
    Run one step over files of an artifact.

    Returns:
        The step's result under "value", or its "failure"; "phases"; "partial"; the process's "status".
    """
    model = folder / "model"
    for name, content in files.items():
        path = model / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    model.mkdir(exist_ok=True)
    variables = {**os.environ, **said.pop("env", {})}
    request = {"model_dir": str(model), "models": [], "sample": "sample" if sample is not None else "", **said}
    (folder / "probe.pyz").write_bytes(packed())
    (folder / "request.json").write_text(json.dumps(request))
    (folder / "sample").write_bytes(sample or b"")
    command = [python, "-B", str(folder / "probe.pyz"), step, str(folder / "request.json"), NONCE]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, check=False, timeout=240)
    return told(done.stdout, done.returncode, done.stderr)


def told(said: bytes, status: int, log: bytes) -> dict[str, Any]:
    lines = [line[len(NONCE) + 1 :] for line in said.decode().splitlines() if line.startswith(NONCE)]
    messages = [json.loads(line) for line in lines]
    found: dict[str, Any] = {"value": None, "failure": None, "partial": None, "status": status, "log": log.decode()}
    found["phases"] = [m["name"] for m in messages if m["kind"] == "phase"]
    for message in messages:
        if message["kind"] in {"result", "partial"}:
            found["value" if message["kind"] == "result" else "partial"] = message["value"]
        elif message["kind"] == "failure":
            found["failure"] = message
    return found
