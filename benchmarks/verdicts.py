"""
Which GPU instance holds which model: the seeds' models and one of seven billion parameters, on every instance type.

    python benchmarks/verdicts.py [--out FILE]

Models of PyTorch are followed in an environment with PyTorch, made of ``fixtures/trial_torch.txt``; the others, and
those that don't load there, are told by their headers. The large one is a config.json with headers of its size.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from doctor.deployment import Deployment, Plan  # noqa: E402
from doctor.errors import BadInput, NothingExamined  # noqa: E402
from doctor.memory.answering import answered  # noqa: E402
from doctor.memory.estimate import Estimate  # noqa: E402
from doctor.memory.fitting import Fit, amount  # noqa: E402
from doctor.memory.values import Place, Verdict  # noqa: E402
from tests.deployments import fixtures, plan_of, several  # noqa: E402
from tests.memory.test_fit import llama  # noqa: E402
from tests.trials.environments import TORCH, interpreter  # noqa: E402


def seeds() -> Iterator[str]:
    """Yield the seeds' fixtures, the plain ones: variants have the same model."""
    yield from (name for name in fixtures("seeds") if "--" not in name and not several(name))


def estimated(plan: Plan) -> Estimate | None:
    """Return what is said of a model on all instance types, None where nothing is."""
    deployment = Deployment(plan._replace(instance_type=""))
    try:
        return answered(deployment)
    except (BadInput, NothingExamined) as problem:
        print(f"  {problem}", file=sys.stderr)
        return None
    finally:
        deployment.close()


def models(folder: Path) -> Iterator[tuple[str, Estimate]]:
    """Yield each model's name with what is said of it."""
    for name in seeds():
        (folder / name.replace("/", "-")).mkdir()
        plan = plan_of(name, folder / name.replace("/", "-"))
        if plan.stack == "pytorch":
            plan = plan._replace(serving=interpreter(TORCH), trial="load")
        print(name, file=sys.stderr)
        if (found := estimated(plan)) is not None:
            yield name.partition("/")[2], found
    freeze = folder / "freeze.txt"
    packages = ("torch==2.13.0", "transformers==5.23.0", "sagemaker-huggingface-inference-toolkit==2.6.0")
    freeze.write_text("\n".join(("# python 3.11.7", *packages)))
    plan = Plan(artifact=str(llama(folder / "llama")), serving=str(freeze), new_tokens=256, tokens=512)
    if (found := estimated(plan)) is not None:
        yield "7 billion parameters, float16, 512 + 256 tokens", found


def table(found: list[tuple[str, Estimate]]) -> str:
    """Return the page: a table of all, and what doesn't simply fit with its reasons."""
    lines = [
        "# Which GPU instance holds which model",
        "",
        "Written by `python benchmarks/verdicts.py`: the share that is taken of the scarcest memory, and the verdict",
        "where that isn't that the model fits. What needs no GPU by itself is held against the host alone.",
        "",
        "| model | answered by | on one GPU | of its host |",
        "|---|---|--:|--:|",
    ]
    for name, estimate in found:
        fit = estimate.of("ml.g5.xlarge")
        lines.append(f"| {name} | {estimate.tier.value} | {_size(fit, Place.GPU)} | {_size(fit, Place.HOST)} |")
    numbers = range(1, len(found) + 1)
    lines += ["", f"| instance | {' | '.join(map(str, numbers))} |", f"|---|{'--:|' * len(found)}"]
    types = [f.instance for f in found[0][1].fits if f.gpus]
    for instance in types:
        lines.append(f"| {instance} | {' | '.join(_cell(e.of(instance)) for _, e in found)} |")
    lines += ["", "Reasons, of what doesn't simply fit:", "", *_reasons(found, types)]
    return "\n".join(lines) + "\n"


def _reasons(found: list[tuple[str, Estimate]], types: list[str]) -> Iterator[str]:
    """Yield each reason once, with the models and the instances that it is of."""
    same: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for name, estimate in found:
        for fit in (f for f in map(estimate.of, types) if f is not None and f.verdict is not Verdict.FITS):
            models, places = same.setdefault("; ".join(fit.reasons), ({}, {}))
            models[name] = places[fit.instance] = None
    for reason, (models, places) in same.items():
        many = "all of them" if len(models) == len(found) else ", ".join(models)
        yield f"- {', '.join(places)}: {reason} ({many})"


def _size(fit: Fit | None, place: Place) -> str:
    one = fit.at(place) if fit else None
    return amount(one.size.expected) if one else ""


def _cell(fit: Fit | None) -> str:
    if fit is None:
        return ""
    share = max((h.share for h in fit.held), default=0.0)
    word = "" if fit.verdict is Verdict.FITS else f" {fit.verdict.value}"
    return f"{share:.0%}{word}"


def main() -> int:
    """Write the page; exit status 1 where a type with a GPU of known memory has no verdict for a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=str(HERE / "verdicts.md"))
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = list(models(Path(folder)))
    Path(said.out).write_text(table(found))
    missing = [
        (name, f.instance, f.reasons) for name, e in found for f in e.fits if f.gpu and f.verdict is Verdict.UNKNOWN
    ]
    print(json.dumps({"models": len(found), "without a verdict": missing[:20]}, indent=1))
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
