"""Step "invoke": requests through the whole chain, good ones and broken ones."""

from __future__ import annotations

import base64
import importlib
import json
import math
import time
from typing import Any

from doctor.trials.probe import captured, failures, modes
from doctor.trials.probe.chain import Chain
from doctor.trials.probe.requests import bodies, finding, sources
from doctor.trials.probe.requests.finding import Asked
from doctor.trials.probe.servers import surroundings

BROKEN = "malformed: "  # what phases begin with while a broken request is answered
_READS = ("input_fn", "transform_fn", "handler", "input_handler")
_WRITES = ("output_fn", "transform_fn", "handler", "output_handler")
_SHOWN = 2000
_MOST_BODY = 12000
_HANDLERS_OWN = ("NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError")
_OF_TYPES = ("TypeError", "AttributeError", "NotImplementedError", "NameError", "ImportError", "ModuleNotFoundError")
_GOOD_SHARE, _BROKEN_SHARE = 0.5, 0.8  # of the step's time, after which no further case of the kind is begun


def run(request: Any, channel: Any) -> dict[str, Any]:
    """
    Return what requests got.

    The result is::

        {"how": what loaded the model, "functions": {"input_fn": "own" | "default", …},
         "request": {"source": "sample" | "artifact" | "made", "content_type", "accept", "where", "bytes",
                     "body" and "encoding" ("text" or "base64") of a body that isn't too long for a message},
         "cases": [{"name", "content_type", "accept", "outcome": "answered" | "refused" | "failed",
                    "failure": as failures.py describes one | None, "status": HTTP status that the stack gives,
                    "answer": the first 2000 characters, "answer_type", "bytes", "seconds",
                    "says": the error that an answer with a good status tells of ("failed" then), or "",
                    "proof": whether a failure shows that the deployment fails}, …],
         "malformed": cases as above with broken requests,
         "worker_lives": whether the first request is answered again after all others,
         "agrees": whether that answer is the first one, numbers within 1e-5,
         "in_training": layers that ran in training mode and answer otherwise for it, {"name", "class"} each,
         "outputs": of the first answer, as captured.py writes them, "environment": Python, platform, packages imported}

    The first case is the request itself; others are the same values in another content type ("as text/csv") and the
    same request with another accept type ("accept text/csv"). "refused" is a content type, accept type or body that is
    turned down, for a broken request every error; a failure's own "phase" is "input", "predict" or "output".

    Phases of all but a real sample begin with what is asked: "made: predict", "as text/csv: input", "malformed: empty
    body: input". What was found is sent as a message "partial" too before broken requests are tried, for the case that
    the process doesn't survive them.
    """
    labelled = _Labelled(channel)
    chain = Chain(request, labelled)  # type: ignore[arg-type]
    model = chain.load()
    chain.refuse_defaults_of_the_image()
    worker = _Worker(request, labelled, chain)
    watched = modes.Watch(model, lambda: labelled.doing == "predict")
    asked = worker.begin(model)
    result: dict[str, Any] = {
        "how": chain.how,
        "functions": chain.functions,
        "request": {
            "source": asked.source,
            "content_type": asked.content_type,
            "accept": asked.accept,
            "where": asked.where,
            "bytes": len(asked.body),
            **_shown(asked.body),
        },
        "cases": worker.cases,
        "malformed": worker.malformed,
        "worker_lives": True,
        "agrees": True,
        "in_training": list(watched.ran),
    }
    if worker.answered:
        result["outputs"] = worker.outputs()
        result["environment"] = captured.environment()
        worker.other_types(asked)
        channel.send("partial", value=result)
        worker.broken(asked)
        result["worker_lives"], result["agrees"] = worker.again(asked)
    return result


def _shown(body: bytes) -> dict[str, str]:
    """Return a body as a message holds it; nothing of one that is too long for it."""
    if len(body) > _MOST_BODY:
        return {}
    try:
        return {"body": body.decode("utf-8"), "encoding": "text"}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode("ascii"), "encoding": "base64"}


class _Labelled:
    """A channel whose phases say so while a broken request is answered."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self.label = ""
        self.doing = ""

    def phase(self, name: str) -> None:
        self.doing = name
        self._channel.phase(self.label + name)


class _Worker:
    """The chain and what it was asked."""

    def __init__(self, request: Any, channel: _Labelled, chain: Chain) -> None:
        self._request = request
        self._channel = channel
        self._chain = chain
        self._claims = sources.claims(surroundings.source(request))
        self._began = time.time()
        self._first: Any = None
        self._last: Any = None
        self.cases: list[dict[str, Any]] = []
        self.malformed: list[dict[str, Any]] = []

    @property
    def answered(self) -> bool:
        """Whether the first request was."""
        return bool(self.cases) and self.cases[0]["outcome"] == "answered"

    def begin(self, model: Any) -> Asked:
        """Ask the sample, or else what is made until something is answered; return what was asked."""
        asked = finding.given(self._request)
        if asked is not None:
            self.cases.append(self._case(asked.source, asked))
            return asked
        tried = []
        for made in self._made(model):
            self._channel.label = "made: "
            tried.append((self._case("made", made), made))
            if tried[-1][0]["outcome"] == "answered" or self._late(_GOOD_SHARE):
                break
        self._channel.label = ""
        case, made = max(tried, key=lambda pair: _reached(pair[0]))
        self.cases.append(case)
        return made

    def _made(self, model: Any) -> list[Asked]:
        inputs: Any = importlib.import_module("doctor.trials.probe.inputs")
        try:
            signature = inputs.discover(model, self._request)
            example = inputs.example(signature, 1)
            value, names = inputs.plain(example), tuple(example.names)
        except Exception as error:
            told = "no sample is given, and what the model takes can't be told: {}"
            raise failures.NotTried(told.format(failures.text_of(error))) from error
        return finding.made(value, names, self._request.stack, self._claims)

    def outputs(self) -> list[dict[str, Any]]:
        """Return what the first answer holds."""
        return captured.of_answer(self._first)

    def other_types(self, asked: Asked) -> None:
        """Ask for the same in the other content types and accept types that are claimed."""
        rows = bodies.numbers(asked.body, asked.content_type)
        functions = self._chain.functions
        own = bool(self._claims.content_types) or any(functions.get(name) == "own" for name in _READS)
        for kind in self._claims.content_types if own else self._chain.takes:
            body = bodies.written(rows, kind) if kind != asked.content_type and rows is not None else None
            if body is not None and not self._late(_GOOD_SHARE):
                self._other("as " + kind, asked._replace(body=body, content_type=kind))
        writes = not functions or any(functions.get(name) == "own" for name in _WRITES)
        for accept in self._claims.accepts if writes or self._claims.accepts else self._chain.gives:
            if accept != (asked.accept or "application/json") and not self._late(_GOOD_SHARE):
                self._other("accept " + accept, asked._replace(accept=accept))

    def _other(self, name: str, asked: Asked) -> None:
        self._channel.label = name + ": "
        self.cases.append(self._case(name, asked))
        self._channel.label = ""

    def broken(self, asked: Asked) -> None:
        """Send what a client may send by mistake."""
        for name, body, kind in bodies.malformed(asked.body, asked.content_type):
            if self._late(_BROKEN_SHARE):
                return
            self._channel.label = BROKEN + name + ": "
            self.malformed.append(self._case(name, asked._replace(body=body, content_type=kind)))
        self._channel.label = ""

    def again(self, asked: Asked) -> tuple[bool, bool]:
        """Say whether the first request is answered as before, and with the same."""
        if any(_ended(case) for case in self.malformed):
            return False, True  # the server's worker, which catches Exception, has ended with it
        first = self._first
        lives = bool(self._case("again", asked)["outcome"] == "answered")
        return lives, not lives or same(first, self._last)

    def _late(self, share: float) -> bool:
        return bool(time.time() - self._began > self._request.seconds * share)

    def _case(self, name: str, asked: Asked) -> dict[str, Any]:
        began = time.time()
        case: dict[str, Any] = {"name": name, "content_type": asked.content_type, "accept": asked.accept}
        try:
            answer, kind = self._chain.transform(asked.body, asked.content_type, asked.accept)
        except BaseException as error:
            if isinstance(error, failures.NotTried) and self._channel.label in ("", "made: "):
                raise
            case.update(self._failed(error, name, asked))
        else:
            self._last = answer
            if self._first is None:
                self._first = answer
            text = answer if isinstance(answer, str) else bytes(answer).decode("utf-8", "replace")
            size = len(answer.encode("utf-8", "replace")) if isinstance(answer, str) else len(answer)
            case.update(outcome="answered", failure=None, answer=text[:_SHOWN], answer_type=str(kind), bytes=size)
            case.update(proof=False, says=_error_told(text))
            if case["says"]:
                case.update(self._in_words(case["says"], asked))
        case["status"] = self._chain.status
        case["seconds"] = round(time.time() - began, 4)
        return case

    def _in_words(self, told: str, asked: Asked) -> dict[str, Any]:
        """Return what an answer is that tells of an error, with the status of a good one."""
        if self._channel.label.startswith(BROKEN):
            return {}
        failure: dict[str, Any] = {"phase": "output", "type": "", "message": told, "line": told, "where": ""}
        failure.update(traceback=[], causes=[])
        return {"outcome": "failed", "failure": failure, "proof": asked.source == "sample" and not self._channel.label}

    def _failed(self, error: BaseException, name: str, asked: Asked) -> dict[str, Any]:
        phase = self._channel.doing
        described = failures.described(error, phase, self._request.model_dir)
        if described["type"] == "endpoint_doctor.Refused":
            described["line"] = described["message"]  # the server's own words, which no exception brought
        broken = self._channel.label.startswith(BROKEN)
        refused = _turned_down(error, self._chain.status, self._request.stack) or _on_purpose(described)
        outcome = "refused" if broken or (refused and name != "sample") else "failed"
        if broken:
            described["traceback"] = []
        proof = outcome == "failed" and self._proves(described, name, asked)
        return {
            "outcome": outcome,
            "failure": described,
            "answer": "",
            "answer_type": "",
            "says": "",
            "bytes": 0,
            "proof": proof,
        }

    def _proves(self, described: dict[str, Any], name: str, asked: Asked) -> bool:
        """
        Say whether a failure shows that the deployment fails.

        That of a real sample does, and so does that of an accept type that the handler names. Of values that were made
        up only what can't come from the values: a name that isn't there, an import, an output that can't be written.
        """
        if self._channel.label.startswith(BROKEN) or name.startswith("as "):
            return False
        if name.startswith("accept "):
            return bool(self._claims.accepts)
        if asked.source == "sample":
            return True
        kind = described["type"].rpartition(".")[2]
        if kind in _HANDLERS_OWN and bool(described["where"]):
            return True
        return described["phase"] == "output" and kind in _OF_TYPES


def _ended(case: dict[str, Any]) -> bool:
    return bool(case["failure"]) and case["failure"]["type"] in ("SystemExit", "KeyboardInterrupt")


def _turned_down(error: BaseException, status: int, stack: str) -> bool:
    """Say whether an exception is the stack's way to say that it won't take or give a content type, or a body."""
    if type(error).__name__ in ("UnsupportedFormatError", "UnsupportedMediaType", "BadRequest"):
        return True
    return 400 <= status < 500 and stack != "huggingface"  # which says 400 to all that fails


def _on_purpose(described: dict[str, Any]) -> bool:
    """Say whether the handler itself raised: the last line of the traceback is a raise of the artifact's own."""
    lines = [line.strip() for line in described["traceback"] if line.strip().strip("^~")]
    own = described["where"].rpartition(":")[0]
    return len(lines) > 1 and lines[-1].startswith("raise ") and bool(own) and own in lines[-2]


_BEGINNINGS = ("error:", "error ", "traceback (", "exception:")
_ERROR_KEYS = {"error", "errors", "exception", "error_message", "traceback"}
_BESIDE_ERRORS = {"message", "detail", "details", "status", "code", "type", "success", "error_type"}


def _error_told(text: str) -> str:
    """Return the error that an answer tells of: a text that begins so, or an object of nothing but errors."""
    try:
        value = json.loads(text) if len(text) < 100000 else None
    except (ValueError, RecursionError):
        value = text
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        keys = {str(key).lower() for key in value}
        only = bool(keys & _ERROR_KEYS) and keys <= _ERROR_KEYS | _BESIDE_ERRORS
        told = [v for k, v in value.items() if str(k).lower() in _ERROR_KEYS and isinstance(v, str) and v]
        return told[0][:500] if only and told else ""
    begins = isinstance(value, str) and value.lstrip().lower().startswith(_BEGINNINGS)
    return str(value).strip()[:500] if begins else ""


def _reached(case: dict[str, Any]) -> int:
    if case["outcome"] == "answered":
        return 4
    return {"predict": 2, "output": 3}.get(case["failure"]["phase"], 1)


def same(first: Any, second: Any) -> bool:
    """Say whether two answers are the same, numbers within 1e-5 of each other where both are JSON."""
    if first == second:
        return True
    try:
        return _close(json.loads(first), json.loads(second))
    except (ValueError, TypeError, RecursionError):
        return False


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        if not isinstance(one, (int, float)) or not isinstance(other, (int, float)):
            return False
        return math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-6) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_close, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return set(one) == set(other) and all(_close(one[key], other[key]) for key in one)
    return bool(one == other)
