from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CHECK = "image-over-serverless-limit"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "the image unpacks to 11.8 GB" in first.finding.message


def told(size, **given):
    from doctor.image.value import Entry, Image, Layer

    files = {"usr/lib/a.so": Entry("file", size, 0o644), "usr/lib/b.so": Entry("symlink", 0, 0o777, "a.so")}
    image = Image("image.tar", {}, (Layer("sha256:1", 9),), files, {})
    return ask(CHECK, image=image, **given).status


def test_exactly_the_limit_and_other_kinds():
    assert told(10 << 30, endpoint="serverless") is Status.CLEAR
    assert told((10 << 30) + 1, endpoint="serverless") is Status.FOUND
    assert told(11 << 30, endpoint="realtime") is Status.CLEAR
    assert ask(CHECK, endpoint="serverless").status is Status.UNKNOWN
