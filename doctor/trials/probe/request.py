"""What the probe is asked: one JSON object."""

from __future__ import annotations

import json
import os
from typing import Any


class Request:
    """
    The request of a trial, the same for all its steps.

    Attributes:
        model_dir: where the artifact lies unpacked.
        stack: the serving stack's name ("pytorch", "sklearn", …), "" unknown.
        models: the model files that were recognised, each with "path", "format" and what is known of "inputs".
        content_type, accept: of the sample; "" not said.
        sample: path of a file with one request's body, "" without one.
        seconds: that the step may take.
    """

    def __init__(self, said: dict[str, Any], home: str) -> None:
        self.said = said
        self.model_dir = str(said["model_dir"])
        self.stack = str(said.get("stack", ""))
        self.models = list(said.get("models", []))
        self.content_type = str(said.get("content_type", ""))
        self.accept = str(said.get("accept", ""))
        self.sample = os.path.join(home, str(said["sample"])) if said.get("sample") else ""
        self.seconds = float(said.get("seconds", 300))

    def body(self) -> bytes:
        """Return the sample's bytes; b"" without one."""
        if not self.sample:
            return b""
        with open(self.sample, "rb") as file:
            return file.read()


def read(path: str) -> Request:
    """Return the request that a file holds."""
    with open(path, encoding="utf-8") as file:
        return Request(json.load(file), os.path.dirname(os.path.abspath(path)))
