"""A model for Triton, small and right: what tests change one thing of."""

from __future__ import annotations

PYTHON = "class TritonPythonModel:\n    def execute(self, requests):\n        return []\n"
_PORT = '{ name: "%s" data_type: TYPE_FP32 dims: [ -1 ] }'
PORTS = f"input [{_PORT % 'x'}]\noutput [{_PORT % 'y'}]\n"
CONFIG = 'name: "line"\nbackend: "python"\n' + PORTS
LINE = {"line/config.pbtxt": CONFIG, "line/1/model.py": PYTHON}
