"""The whole way of a request through the handler, as the serving stack goes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.trials.probe import servers
from doctor.trials.probe.failures import NotTried

if TYPE_CHECKING:
    from doctor.trials.probe.channel import Channel
    from doctor.trials.probe.request import Request


class Chain:
    """
    One worker of the stack, from its start to its answers.

    Raises NotTried for a stack whose protocol isn't Python functions (Triton, DJL, TGI, vLLM, containers of one's own
    that aren't a web application in the artifact): there only serving the image tells.
    """

    def __init__(self, request: Request, channel: Channel) -> None:
        self._stack = request.stack
        self._server = servers.of(request, channel)

    def load(self) -> Any:
        """Import the handler (phase "import"), call model_fn or the stack's default ("load"); return the model."""
        return self._server.load()

    def refuse_defaults_of_the_image(self) -> None:
        """
        Raise NotTried where the image's own handler service may have what the artifact leaves out.

        Multi Model Server runs any handler; sagemaker-inference's own base has no default for predict_fn, and images
        that stand on it bring one.
        """
        default = {name for name, whose in self.functions.items() if whose == "default"}
        if self._stack == "multi-model-server" and {"predict_fn", "transform_fn"} <= default:
            raise NotTried("the artifact has no predict_fn, and only the image's own server tells which default it has")

    @property
    def how(self) -> str:
        """What loaded the model: "model_fn of code/inference.py"."""
        return str(self._server.how)

    @property
    def functions(self) -> dict[str, str]:
        """Which of the handler's functions are its "own", which the stack's "default"."""
        return dict(self._server.functions)

    @property
    def status(self) -> int:
        """The HTTP status that the stack gives for the last request."""
        return int(self._server.status)

    @property
    def takes(self) -> tuple[str, ...]:
        """Content types of requests that the stack's default input function decodes."""
        return tuple(self._server.takes)

    @property
    def gives(self) -> tuple[str, ...]:
        """Content types of answers that the stack's default output function encodes."""
        return tuple(self._server.gives)

    def transform(self, body: bytes, content_type: str, accept: str) -> tuple[bytes | str, str]:
        """
        Answer one request (phases "input", "predict", "output"); raises what the handler raised.

        Returns:
            The answer as the server writes it, and its content type.
        """
        return self._server.transform(body, content_type, accept)  # type: ignore[no-any-return]
