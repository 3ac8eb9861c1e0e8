"""
Measures what models of other runtimes take in memory: ONNX Runtime, TensorFlow, on a CPU.

    python benchmarks/runtime_memory.py tests/memory/runtime_memory.json

In an environment with one or more of the libraries: models of several sizes are trained on random numbers and saved;
each file is then loaded in a process of its own, which tells its resident memory after the imports, its peak while it
loads, after that, and its peak while it answers. Rows of libraries that aren't there stay as they are.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Runs in a fresh interpreter: imports, then loads, then answers; writes what /proc says of it.
_APART = """
import gc, json, sys
exec(sys.argv[1])
def status(key):
    with open('/proc/self/status') as f:
        return next(int(l.split()[1]) << 10 for l in f if l.startswith(key))
def reset():
    gc.collect()
    with open('/proc/self/clear_refs', 'w') as f: f.write('5')
told = {'imports': status('VmRSS')}
reset()
exec(sys.argv[2])
told['load_peak'] = status('VmHWM'); told['loaded'] = status('VmRSS')
reset()
exec(sys.argv[3])
told['answer_peak'] = status('VmHWM')
print('told', json.dumps(told))
"""
ROWS = 100  # of a request


def apart(imports: str, load: str, answer: str) -> dict[str, int]:
    """Return what a fresh process told."""
    command = [sys.executable, "-W", "ignore", "-c", _APART, imports, load, answer]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    told = next((line[5:] for line in ran.stdout.splitlines() if line.startswith("told ")), None)
    if told is None:
        raise RuntimeError(ran.stderr[-500:])
    found: dict[str, int] = json.loads(told)
    return found


def numbers(rows: int, columns: int) -> Any:
    """Return random features and two classes that depend on them."""
    import numpy as np

    made = np.random.default_rng(0)
    features = made.normal(size=(rows, columns)).astype("float32")
    return features, (features[:, 0] * features[:, 1] + made.normal(size=rows) > 0).astype(int)


_ASK = "import numpy as np; x = np.zeros(({rows}, {columns}), dtype='float32'); "


def of_onnx(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield rows of ONNX Runtime: an MLP, and a convolution whose activations are much larger than its weights."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def model(nodes: Any, weights: Any, shapes: Any, name: str) -> Path:
        graph = helper.make_graph(
            nodes, "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shapes["x"])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, shapes["y"])],
            [numpy_helper.from_array(v, k) for k, v in weights.items()],
            value_info=[
                helper.make_tensor_value_info(k, TensorProto.FLOAT, s) for k, s in shapes.items() if k not in "xy"
            ],
        )  # fmt: skip
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        path = folder / f"{name}.onnx"
        onnx.save(made, path)
        for tensor in made.graph.initializer:
            tensor.raw_data = b""  # the graph alone is kept for the tests
        kept = Path(sys.argv[1]).parent / "onnx" / path.name
        kept.parent.mkdir(exist_ok=True)
        onnx.save(made, kept)
        return path

    for width, depth in ((1024, 8), (2048, 12)):
        weights = {f"w{i}": np.random.rand(width, width).astype("float32") for i in range(depth)}
        nodes, shapes, last = [], {"x": ["batch", width]}, "x"
        for i in range(depth):
            out = "y" if i == depth - 1 else f"h{i}"
            nodes += [
                helper.make_node("MatMul", [last, f"w{i}"], [f"m{i}"]),
                helper.make_node("Relu", [f"m{i}"], [out]),
            ]
            shapes |= {f"m{i}": ["batch", width], out: ["batch", width]}
            last = out
        path = model(nodes, weights, shapes, f"mlp{width}")
        yield from _asked_onnx(path, "mlp", (width,), (1, 1000, 20000))
    weights = {
        "w0": np.random.rand(64, 3, 3, 3).astype("float32"),
        "w1": np.random.rand(64, 64, 3, 3).astype("float32"),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w0"], ["a"], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w1"], ["c"], pads=[1, 1, 1, 1]), helper.make_node("Sigmoid", ["c"], ["d"]),
        helper.make_node("Add", ["b", "d"], ["e"]), helper.make_node("GlobalAveragePool", ["e"], ["y"]),
    ]  # fmt: skip
    shapes = {"x": ["batch", 3, 224, 224], **{k: ["batch", 64, 224, 224] for k in "abcde"}, "y": ["batch", 64, 1, 1]}
    yield from _asked_onnx(model(nodes, weights, shapes, "conv"), "conv", (3, 224, 224), (1, 8, 32))


def _asked_onnx(path: Path, name: str, shape: tuple[int, ...], batches: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        told = apart(
            "import onnxruntime, numpy as np",
            f"b = onnxruntime.InferenceSession({str(path)!r}, providers=['CPUExecutionProvider'])",
            f"x = np.ones(({batch}, *{shape}), dtype='float32'); y = b.run(None, {{'x': x}})",
        )
        yield {"format": "onnx", "model": name, "graph": path.name, "batch": batch, "file": path.stat().st_size, **told}


def of_tensorflow(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield rows of a SavedModel: an MLP and a convolution, on a CPU."""
    import tensorflow as tf

    class Wide(tf.Module):
        def __init__(self, width: int, depth: int) -> None:
            self.weights = [tf.Variable(tf.random.normal((width, width))) for _ in range(depth)]

        @tf.function(input_signature=[tf.TensorSpec((None, 2048), tf.float32)])
        def __call__(self, x: Any) -> Any:
            for weight in self.weights:
                x = tf.nn.relu(x @ weight)
            return x

    for depth in (4, 16):
        path = folder / f"tf{depth}"
        tf.saved_model.save(Wide(2048, depth), str(path))
        size = sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
        for batch in (1, 1000, 10000):
            told = apart(
                "import tensorflow as tf, numpy as np",
                f"b = tf.saved_model.load({str(path)!r})",
                f"y = b(tf.zeros(({batch}, 2048)))",
            )
            yield {"format": "savedmodel", "model": "mlp", "batch": batch, "file": size, "weights": depth << 24, **told}


MEASURED: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    "onnxruntime": of_onnx, "tensorflow": of_tensorflow,
}  # fmt: skip


def main(path: Path, names: list[str]) -> None:
    """Measure the libraries that are there, or those named, and write their rows."""
    rows = json.loads(path.read_text()) if path.exists() else {}
    for name, measured in MEASURED.items():
        if find_spec(name) is None or (names and name not in names):
            continue
        version = __import__(name).__version__
        with tempfile.TemporaryDirectory() as folder:
            found = []
            for row in measured(Path(folder)):
                print(name, version, row, flush=True)
                found.append(row)
        rows[f"{name} {version}"] = found
    lines = ",\n".join(
        f" {json.dumps(k)}: [\n  " + ",\n  ".join(map(json.dumps, found)) + "\n ]" for k, found in sorted(rows.items())
    )
    path.write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
