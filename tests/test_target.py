"""The endpoint as the user names it: what was left out is unknown, what hosting doesn't have is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from doctor.cli import ENDPOINTS as CHOICES
from doctor.cli import main
from doctor.errors import BadInput
from doctor.model import Unknown
from doctor.target import ENDPOINTS, Target


@pytest.mark.parametrize("name", ["endpoint", "ami", "region", "network_isolation", "startup_timeout", "hardware"])
def test_what_was_not_given_is_unknown(name):
    with pytest.raises(Unknown, match="given"):
        getattr(Target(), name)


def test_a_serverless_endpoint_has_the_memory_it_asks_for_and_no_gpu():
    target = Target(endpoint="serverless", memory=2048)
    assert (target.memory, target.gpu, target.gpu_memory) == (2048 << 20, False, 0)
    assert target.evidence() == ("target:endpoint", "serverless (no GPU, 2048 MiB of memory)")
    assert target.startup_timeout == 180


def test_a_timeout_that_is_set_replaces_the_default():
    assert Target(endpoint="realtime").startup_timeout == 480
    assert Target(endpoint="realtime", startup_timeout=900).startup_timeout == 900
    assert Target(startup_timeout=900).startup_timeout == 900
    with pytest.raises(Unknown, match="no --download-timeout given"):
        _ = Target(endpoint="realtime").download_timeout


def test_variables_tell_a_multi_model_endpoint_and_no_region():
    target = Target(variables={"SAGEMAKER_MULTI_MODEL": "true", "AWS_REGION": "eu-west-1"})
    assert target.endpoint == "multi-model"
    with pytest.raises(Unknown):  # the script's own, for a bucket elsewhere
        _ = target.region


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"endpoint": "serverless", "memory": 3000}, "--memory 3000"),
        ({"memory": 2048}, "--memory 2048"),
        ({"endpoint": "serverless", "instance": "ml.m5.xlarge"}, "--instance-type ml.m5.xlarge"),
        ({"startup_timeout": 10}, "--startup-timeout 10"),
        ({"download_timeout": 7200}, "--download-timeout 7200"),
        ({"endpoint": "edge"}, "--endpoint edge"),
        ({"instance": "m5.xlarge"}, "--instance-type m5.xlarge"),
    ],
)
def test_what_hosting_does_not_have_is_refused(settings, words):
    with pytest.raises(BadInput, match=words):
        Target(**settings)


def test_the_command_line_has_the_same_kinds_of_endpoint():
    assert CHOICES == ENDPOINTS


def test_the_report_says_what_was_given(tmp_path: Path):
    (tmp_path / "inference.py").write_text("def model_fn(model_dir):\n    return 1\n")
    words = ["--endpoint", "serverless", "--memory", "2048", "--no-network-isolation", "--content-type", "text/csv"]
    done = CliRunner().invoke(main, ["check", str(tmp_path), *words, "--format", "json", "--fail-on", "never"])
    subject = json.loads(done.stdout)["subject"] if done.exit_code == 0 else {}
    assert (subject["endpoint"], subject["memory"], subject["network_isolation"]) == ("serverless", 2048, False)
