"""What a failure in a sandbox proves of the endpoint, and what it doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.model import Unknown
from doctor.trials.values import Ended

if TYPE_CHECKING:
    from doctor.target import Target
    from doctor.trials.values import Failure, Step

GUESS = "load-file"  # the phase in which a file is loaded in a way that its format alone suggests
_NETWORK = ("tried to connect to ", "tried to send to ", "asked for the address of ")
_OF_THIS_MACHINE = "tried to connect to the socket "  # a file: processes that talk to each other
_VARIABLE = "looked for the environment variable "
_CLOUD = ("botocore.", "boto3.", "google.auth.", "azure.")
_OF_CODE = ("ModuleNotFoundError", "SyntaxError", "IndentationError", "UnpicklingError")  # whatever was fetched
_MEMORY = ("MemoryError", "OutOfMemoryError", "ArrayMemoryError")


def doubt(step: Step, target: Target) -> str:
    """
    Return why the failure of a step may be the sandbox's and not the endpoint's; "" where it is the endpoint's too.

    Args:
        step: that failed.
        target: the endpoint; one without a network has no more of it than the sandbox.
    """
    failure = step.failure
    if step.phase == GUESS or (failure and failure.phase == GUESS):
        return "the artifact has no model_fn, and how the server loads the file isn't known"
    if not _isolated(target) and _asks_for_network(step):
        return "it asks for a network, which the sandbox doesn't have"
    return (_of_failure(failure) or _of_variables(step, failure)) if failure else ""


def _of_failure(failure: Failure) -> str:
    name = failure.type.rpartition(".")[2]
    if name == "PermissionError":
        return "the sandbox takes from its user what the platform's root may do"
    if name in _MEMORY:
        return "the memory of the sandbox was used up, and the instance's may be more"
    if failure.type.startswith(_CLOUD):
        return "it asks for the cloud, which the sandbox doesn't reach"
    if name == "KeyError" and any("environ" in line for line in failure.traceback[-3:]):
        return f"it wants the environment variable {failure.message}, and --env doesn't give it"
    return ""


def _of_variables(step: Step, failure: Failure) -> str:
    """A variable that is looked for in vain gives None, or a KeyError of its name."""
    for tried in step.tried:
        name = tried[len(_VARIABLE) :].partition(",")[0] if tried.startswith(_VARIABLE) else ""
        if name and ("NoneType" in failure.line or failure.message == repr(name)):
            return f"it wants the environment variable {name}, and --env doesn't give it"
    return ""


def _asks_for_network(step: Step) -> bool:
    from doctor.trials.serverlog import needs_network

    failure = step.failure
    if failure and failure.type.rpartition(".")[2] in _OF_CODE:
        return False
    said = "\n".join((failure.line, *failure.causes)) if failure else step.log
    tried = [t for t in step.tried if not t.startswith(_OF_THIS_MACHINE)]
    return needs_network(said) or any(t.startswith(_NETWORK) for t in tried)


def _isolated(target: Target) -> bool:
    try:
        return target.network_isolation
    except Unknown:
        return False


def crashed(step: Step) -> bool:
    """Say whether the process of a step ended without telling what came of it."""
    return step.ended not in {Ended.FINISHED, Ended.REFUSED}


def unfinished(step: Step) -> Unknown | None:
    """Return why a step that came to nothing tells nothing; None where it has a result."""
    if step.worked:
        return None
    how = " ".join(step.failure.line.split())[:200] if step.failure else f"it ended by {step.ended.value}"
    return Unknown(f"the step {step.name} came to no result: {how}")
