"""What the user plans to deploy: the named parts that a check may ask for, each computed once, when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.errors import BadInput, Unreadable
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.artifact.collecting import Examined
    from doctor.artifact.reading import Watch
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.fleet import Fleet
    from doctor.handler import Handler
    from doctor.image import Image
    from doctor.memory.estimating import Memory
    from doctor.models import Models
    from doctor.target import Target
    from doctor.trials.running import Trial
    from doctor.trials.values import Step


_NOT_OF_THE_DEPLOYMENT = {"artifact", "variables", "offline", "trial", "trial_timeout", "measure"}


class Plan(NamedTuple):
    """What the user said: paths, references and settings, as the command line took them."""

    artifact: str = ""
    image: str = ""
    serving: str = ""
    training: str = ""
    stack: str = ""
    sample: str = ""
    content_type: str = ""
    instance_type: str = ""
    endpoint: str = ""
    inference_ami: str = ""
    startup_timeout: int = 0
    download_timeout: int = 0
    network_isolation: bool | None = None
    memory: int = 0
    region: str = ""
    offline: bool = False
    trial: str = ""
    trial_timeout: int = 0
    batch: int = 0
    tokens: int = 0
    new_tokens: int = 0
    workers: int = 0
    measure: bool = False
    variables: Mapping[str, str] = {}

    def told(self) -> dict[str, Any]:
        """Return what the user said of the deployment, by option's name with underscores, without what was left out."""
        said = {k: v for k, v in self._asdict().items() if k not in _NOT_OF_THE_DEPLOYMENT}
        return {k: v for k, v in said.items() if v not in ("", None) and (v is False or v != 0)}


class Deployment:
    """
    The parts of a planned deployment.

    Args:
        plan: what the user said.
        given: parts that are there already, by name, in place of the computed ones.
        watch: told of bytes read and bytes in all while the artifact is read.
    """

    def __init__(self, plan: Plan, given: Mapping[str, Any] | None = None, watch: Watch | None = None) -> None:
        self.plan = plan
        self._watch = watch
        self._values: dict[str, Any] = dict(given or {})
        self._missing: dict[str, Exception] = {}

    def part(self, name: str) -> Any:
        """Return a part; Unknown where it was not given or can't be read, KeyError for a name that is no part."""
        if name in self._missing:
            raise self._missing[name]
        if name not in self._values:
            try:
                self._values[name] = PARTS[name](self)
            except Exception as reason:
                self._missing[name] = reason  # asked again, a part fails again in the same way
                raise
        return self._values[name]

    def close(self) -> None:
        """Remove what a trial made; the parts stay."""
        if (trial := self._values.get("trial")) is not None:
            trial.close()

    @property
    def trial(self) -> Trial | None:
        """The trial, where one was made."""
        return self._values.get("trial")

    def read(self) -> Examined:
        """Return the one pass over the artifact."""
        if "examined" not in self._values:
            from doctor.artifact.reading import read

            self._values["examined"] = read(self.plan.artifact, self._watch)
        examined: Examined = self._values["examined"]
        return examined


def _artifact(deployment: Deployment) -> Artifact:
    return deployment.read().artifact


def _models(deployment: Deployment) -> Models:
    from doctor.formats.huggingface import folders
    from doctor.models import Models

    examined = deployment.read()
    try:
        found = (*examined.models, *folders(examined.artifact, examined.models))
    except Unreadable as error:
        raise Unknown(str(error)) from None
    return Models(found, examined.broken)


def _handler(deployment: Deployment) -> Handler:
    from doctor.handler import build

    return build(deployment.part("artifact"), deployment.plan.variables, _maybe(deployment, "stack"))


def _image(deployment: Deployment) -> Image:
    if not deployment.plan.image:
        raise Unknown("no --image given")
    from doctor.image import locating

    target = deployment.part("target")
    arm = bool(target.instance) and target.hardware["arch"] == "arm64"
    return locating.read(
        deployment.plan.image, offline=deployment.plan.offline, architecture="arm64" if arm else "amd64"
    )


def _serving(deployment: Deployment) -> Environment:
    plan = deployment.plan
    if not (plan.serving or plan.image):
        raise Unknown("no --image or --serving given")
    from doctor.environments import read
    from doctor.environments.plan import planned

    base = read("serving", plan.serving) if plan.serving else _of_image(deployment)
    return planned(base, deployment.part("artifact"), plan.stack)


def _of_image(deployment: Deployment) -> Environment:
    """Return what the image holds; where it isn't here, what its reference tells."""
    from doctor.image import environment, locating, reference

    image = _maybe(deployment, "image")
    if image is not None:
        return environment(image)
    name = locating.reference_of(deployment.plan.image)
    return reference.environment(name) if name else environment(deployment.part("image"))


def _training(deployment: Deployment) -> Environment:
    from doctor.environments import read

    if deployment.plan.training:
        return read("training", deployment.plan.training)
    return _recorded(deployment.part("models"))


def _recorded(models: Models) -> Environment:
    from doctor.environment import Environment

    writers: dict[str, str] = {}
    for file in models.files:
        for name, version in file.writer.items():
            writers.setdefault(name, version)
    if not writers:
        raise Unknown("no --training given, and the artifact records no version")
    python = writers.pop("python", "")
    return Environment("training", "as the artifact records", writers, python)


def _target(deployment: Deployment) -> Target:
    from doctor.target import Target

    plan = deployment.plan
    return Target(
        plan.instance_type,
        plan.variables,
        endpoint=plan.endpoint,
        ami=plan.inference_ami,
        startup_timeout=plan.startup_timeout,
        download_timeout=plan.download_timeout,
        network_isolation=plan.network_isolation,
        memory=plan.memory,
        region=plan.region,
    )


def _stack(deployment: Deployment) -> str:
    if deployment.plan.stack:
        return deployment.plan.stack
    from doctor.stack import stack_of

    for name in ("image", "serving"):
        if (part := _maybe(deployment, name)) is not None:
            try:
                return stack_of(part, _maybe(deployment, "reference") or "")
            except Unknown:
                continue
    raise Unknown("nothing tells which serving stack it is; name it with --stack")


def _sample(deployment: Deployment) -> bytes:
    from pathlib import Path

    if not deployment.plan.sample:
        raise Unknown("no --sample given")
    try:
        return Path(deployment.plan.sample).read_bytes()
    except OSError as error:
        raise BadInput(f"{deployment.plan.sample}: {error.strerror}; give a file that holds one request") from None


def _content_type(deployment: Deployment) -> str:
    """Return what the user said, else what the name of the sample's file says."""
    ending = deployment.plan.sample.rpartition(".")[2].lower()
    named = {"json": "application/json", "csv": "text/csv", "npy": "application/x-npy", "libsvm": "text/libsvm"}
    return deployment.plan.content_type or named.get(ending) or _missing("no --content-type given")


def _reference(deployment: Deployment) -> str:
    if deployment.plan.image:
        from doctor.image.locating import reference_of

        if name := reference_of(deployment.plan.image):
            return name
    raise Unknown("no --image given that is a reference")


def _trial(deployment: Deployment) -> Trial:
    from doctor.trials.opening import opened

    return opened(deployment)


def _step(name: str) -> Callable[[Deployment], Step]:
    def step(deployment: Deployment) -> Step:
        trial: Trial = deployment.part("trial")
        return trial.step(name)

    return step


def _memory(deployment: Deployment) -> Memory:
    from doctor.memory.estimating import estimated

    return estimated(deployment)


def _fleet(_deployment: Deployment) -> Fleet:
    raise Unknown("only one artifact was given; several, or a directory of archives, are examined together")


def _missing(reason: str) -> Any:
    raise Unknown(reason)


def _maybe(deployment: Deployment, name: str) -> Any:
    try:
        return deployment.part(name)
    except Unknown:
        return None


FLEET = "fleet"
TRIALS = frozenset({"load", "round_trip", "shapes", "invoke", "golden", "serve"})
PARTS: Mapping[str, Callable[[Deployment], Any]] = {
    "artifact": _artifact,
    "models": _models,
    "handler": _handler,
    "image": _image,
    "serving": _serving,
    "training": _training,
    "target": _target,
    "stack": _stack,
    "sample": _sample,
    "content_type": _content_type,
    "reference": _reference,
    "trial": _trial,
    "load": _step("load"),
    "round_trip": _step("round-trip"),
    "shapes": _step("shapes"),
    "invoke": _step("invoke"),
    "golden": _step("golden"),
    "serve": _step("serve"),
    "memory": _memory,
    "fleet": _fleet,
}
