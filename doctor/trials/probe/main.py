"""One step, from the command line to its result."""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import sys
import time
from typing import Any

from doctor.trials.probe import channel as channels
from doctor.trials.probe import failures, guards, request

# Each has `run(request, channel) -> dict`, the step's result.
STEPS = {
    "load": "doctor.trials.probe.load",
    "round-trip": "doctor.trials.probe.round_trip",
    "shapes": "doctor.trials.probe.shapes",
    "invoke": "doctor.trials.probe.invoke",
    "golden": "doctor.trials.probe.golden",
    "client": "doctor.trials.probe.client",
    "memory": "doctor.trials.probe.memory.step",
    "measure": "doctor.trials.probe.measure",
}


def main() -> None:
    """Run the step that the command line names; the exit status is 0 wherever the step told what came of it."""
    step, path, nonce = sys.argv[1:4]
    out = channels.Channel(nonce)
    channels.CHANNEL = out
    asked = request.read(path)
    if len(sys.argv) > 4:
        asked.model_dir = sys.argv[4]
    if len(sys.argv) > 5:
        asked.said["plan"] = json.loads(sys.argv[5])  # of the step "client"
    sys.argv = ["serve"]  # what the model's code may look at
    sys.path[:] = [p for p in sys.path if not p.endswith(".pyz")] + [p for p in sys.path if p.endswith(".pyz")]
    faulthandler.enable(file=sys.stderr)
    failures.tell_warnings(out.send, asked.model_dir)
    guards.install(out, asked.model_dir)
    began = time.time()
    try:
        value = importlib.import_module(STEPS[step]).run(asked, out)
        out.send("result", value=value)
    except BaseException as error:
        out.send("failure", **failures.described(error, out.doing, asked.model_dir))
    out.send("usage", **_usage(began))
    sys.stderr.flush()
    os._exit(0)  # threads and exit handlers of the model's code would go on


def _usage(began: float) -> dict[str, Any]:
    used: dict[str, Any] = {"seconds": time.time() - began}
    try:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        used["peak"] = peak if sys.platform == "darwin" else peak * 1024
    except ImportError:
        pass
    return used
