"""Check: nginx refuses its configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image

_WITH_PATH = r"location\s+~\*?\s+[^{]+\{[^{}]*?proxy_pass\s+(https?://[^/\s;$]+/[^\s;$]*)\s*;"


@check(
    title="The configuration of nginx is refused",
    fault="ping-contract",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="bentoml/aws-sagemaker-deploy#15",
    symptoms=(r'nginx: \[emerg\] "proxy_pass" cannot have URI part in location given by regular expression',),
)
def nginx_conf_refused(image: Image) -> Iterator[Finding]:
    """
    In a location given by a regular expression, proxy_pass takes a server and no path.

    Not even a single "/" behind the port. nginx says so when it starts, and ends; the server behind it is fine, and
    nobody reaches it.
    """
    import re

    from doctor.image import start

    for path in image.kept("/nginx.conf"):
        text = re.sub(r"#[^\n]*", "", start.text(image, path))
        found = re.search(_WITH_PATH, text)
        if found and _used(image, path):
            line = text.count("\n", 0, found.start(1)) + 1
            yield Finding(
                message=f"/{path}, line {line}: proxy_pass {found[1]} has a path, in a location given by a regular "
                "expression",
                evidence=(Evidence(f"image:{path}:{line}", f"proxy_pass {found[1]};"),),
                fix=f"proxy_pass {'/'.join(found[1].split('/')[:3])};",
                log='nginx: [emerg] "proxy_pass" cannot have URI part in location given by regular expression, or '
                'inside named location, or inside "if" statement, or inside "limit_except" block',
                cause=f"image:{path}",
            )


def _used(image: Image, path: str) -> bool:
    """Whether what starts names the file, or starts nginx with the file that it takes by itself."""
    from doctor.image import start

    whole = "\n".join([start.asked(image), *(text for _, text in start.scripts(image))])
    return f"/{path}" in whole or (path == "etc/nginx/nginx.conf" and "nginx" in whole)
