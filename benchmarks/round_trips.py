"""
Models of every framework, saved again in their framework's own way and loaded: `doctor`'s round trips, really run.

    python benchmarks/round_trips.py                     all of them, in environments that are made for it
    python benchmarks/round_trips.py --only keras        those whose name has the word
    python benchmarks/round_trips.py --envs FOLDER       in environments that are there: FOLDER/<name>/bin/python

Each environment is made once, by pip, in benchmarks/.cache; the status is 1 where a row isn't as it should be.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from doctor.trials.values import Step  # noqa: E402 - found only after the line above
from tests.trials.stepping import stepped  # noqa: E402

CACHE = HERE / ".cache" / "round-trips"
ENVIRONMENTS = {
    "sklearn": ["scikit-learn==1.9.0", "cloudpickle==3.1.2"],
    "torch": ["torch==2.13.0", "numpy==2.4.6"],
    "tensorflow": ["tensorflow-cpu==2.21.0", "keras==3.15.1"],
    "keras2": ["tensorflow-cpu==2.15.1"],
    "xgboost": ["xgboost-cpu==3.2.0", "scikit-learn==1.9.1"],
    "lightgbm": ["lightgbm==4.7.0", "scikit-learn==1.9.1"],
    "catboost": ["catboost==1.2.10"],
    "onnx": ["onnxruntime==1.31.1", "onnx==1.23.2"],
    "transformers4": ["transformers==4.57.6", "torch==2.13.0"],
    "transformers5": ["transformers==5.23.0", "torch==2.13.0"],
    "mlflow": ["mlflow==3.17.2"],
}


class Row(NamedTuple):
    """A model, where it is made and tried, by which stack it is loaded, and what must come of its round trip."""

    model: str
    environment: str
    stack: str = ""
    fails: str = ""  # the type of the exception
    variables: Mapping[str, str] = {}


ROWS = (
    Row("sklearn_pipeline", "sklearn"),
    Row("plain_pickle", "sklearn"),
    Row("torch_module", "torch"),
    Row("torch_bfloat16", "torch"),
    Row("torchscript", "torch", "pytorch"),
    Row("torch_exported", "torch"),
    Row("keras_model", "tensorflow"),
    Row("keras_model", "keras2"),
    Row("tensorflow_savedmodel", "tensorflow", "tensorflow-serving"),
    Row("tensorflow_savedmodel", "keras2", "tensorflow-serving"),
    Row("xgboost_booster", "xgboost", "xgboost"),
    Row("xgboost_wrapper", "xgboost"),
    Row("lightgbm_booster", "lightgbm"),
    Row("catboost_model", "catboost"),
    Row("onnx_session", "onnx"),
    Row("transformers_pipeline", "transformers4", "huggingface", variables={"HF_TASK": "text-classification"}),
    Row("transformers_pipeline", "transformers5", "huggingface", variables={"HF_TASK": "text-classification"}),
    Row("mlflow_model", "mlflow", "mlflow"),
    Row("keras_without_config", "tensorflow", fails="NotImplementedError"),
    Row("torch_quantized", "torch", fails="RuntimeError"),
    Row("pickled_closure", "sklearn", fails="PicklingError"),
)


def main() -> int:
    """Run the rows that were asked for, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--envs", type=Path)
    asked = parser.parse_args()
    rows = [row for row in ROWS if asked.only in f"{row.model} {row.environment}"]
    print("| model | framework | loaded by | saved by | parameters | differ | outputs | came of it |")
    print("|---|---|---|---|---|---|---|---|")
    wrong = 0
    for row in rows:
        right, cells = tried(row, asked.envs)
        wrong += not right
        print(f"| {' | '.join([row.model, *cells])} |", flush=True)
    print(f"\n{len(rows) - wrong} of {len(rows)} as they should be")
    return 1 if wrong else 0


def tried(row: Row, envs: Path | None) -> tuple[bool, Iterator[str]]:
    """Return whether a row is as it should be, and its cells."""
    try:
        python = str(envs / row.environment / "bin" / "python") if envs else made(row.environment)
    except subprocess.CalledProcessError as error:
        return False, iter([f"no environment: {' '.join(map(str, error.cmd[-3:]))} failed"])
    folder = CACHE / "models" / f"{row.model}-{row.environment}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [python, "-B", str(HERE / "round_trip_models.py"), row.model, str(folder)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        return False, iter([f"not built: {built.stderr.strip().splitlines()[-1:]}"])
    loaded = stepped("load", folder, python, row.stack, **row.variables)
    step = stepped("round-trip", folder, python, row.stack, **row.variables)
    return as_it_should_be(row, step), cells(loaded, step)


def as_it_should_be(row: Row, step: Step) -> bool:
    """Say whether a model came back as it was, or failed as it must."""
    failure = step.value.get("failure")
    if row.fails:
        return bool(failure) and failure["type"].rpartition(".")[2] == row.fails
    outputs = step.value.get("outputs")
    same = not isinstance(outputs, dict) or outputs["equal"]
    return step.worked and not failure and step.value.get("differing") == 0 and same


def cells(loaded: Step, step: Step) -> Iterator[str]:
    """Yield what a row's table cells say."""
    value = step.value
    yield f"{value.get('framework', '?')} {value.get('framework_version', '')}"
    yield str(loaded.value.get("how", loaded.failure.line if loaded.failure else loaded.ended.value))
    yield str(value.get("way", "?"))
    yield str(value.get("parameters", "-"))
    yield str(value.get("differing", "-"))
    yield _outputs(value.get("outputs"))
    yield _end(step)


def _outputs(said: Any) -> str:
    if isinstance(said, dict):
        return "equal" if said["equal"] else str(said["difference"])
    return str(said or "-")[:120]


def _end(step: Step) -> str:
    failure = step.value.get("failure")
    if failure:
        return f"{failure['phase']}: {failure['line'][:160]}".replace("\n", " ").replace("|", "/")
    return step.failure.line[:200].replace("\n", " ") if step.failure else step.ended.value


def made(name: str) -> str:
    """Return the interpreter of an environment, made where it isn't there."""
    folder = CACHE / name
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *ENVIRONMENTS[name]], check=True)
        (folder / "complete").touch()
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
