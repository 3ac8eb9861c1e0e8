from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

CHECK = "onnx-token-ids-are-int32"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "takes input_ids as int32, and AutoTokenizer gives int64" in first.finding.message


def test_a_handler_that_casts_or_has_no_tokenizer():
    model = files(f"sick/{CHECK}")
    script = model["code/inference.py"]
    cast = script.replace(b"dict(tokens)", b"{k: v.astype('int32') for k, v in tokens.items()}")
    for changed in (cast, script.replace(b"AutoTokenizer", b"AutoConfig")):
        assert ask(CHECK, artifact={**model, "code/inference.py": changed}).status is Status.CLEAR
