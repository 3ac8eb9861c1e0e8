"""One step of the probe in an interpreter that is here, without a sandbox: for models that tests make themselves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from doctor.deployment import Deployment, Plan
from doctor.trials import asking
from doctor.trials.reading import step_of
from doctor.trials.values import Ended, Process, Step

NONCE = "0123456789abcdef"


def stepped(step: str, folder: Path, python: str, stack: str = "", seconds: float = 240, **variables: str) -> Step:
    """Run one step on an artifact that lies unpacked in a folder."""
    home = folder.parent / f".{folder.name}"
    home.mkdir(exist_ok=True)
    models = Deployment(Plan(artifact=str(folder), offline=True)).part("models").files
    given = asking.files(stack=stack, models=models, sample=None, content_type="", seconds=seconds)
    for name, data in given.items():
        (home / name).write_bytes(data)
    command = [python, "-B", str(home / "probe.pyz"), step, str(home / "request.json"), NONCE, str(folder)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", **variables}
    if (folder / "code").is_dir():
        environment.setdefault("SAGEMAKER_PROGRAM", "inference.py")
    done = subprocess.run(command, capture_output=True, env=environment, cwd=home, timeout=seconds, check=False)
    ended = Ended.FINISHED if done.returncode == 0 else Ended.SIGNALLED if done.returncode < 0 else Ended.EXITED
    process = Process(
        ended,
        max(done.returncode, 0),
        max(-done.returncode, 0),
        done.stdout,
        done.stderr.decode("utf-8", "replace")[-20000:],
        0.0,
    )
    return step_of(step, process, NONCE)
