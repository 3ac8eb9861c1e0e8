from __future__ import annotations

import pytest

from doctor.environment import Environment
from doctor.environments.index import disjoint, newest, releases, required
from doctor.environments.installed import Installed
from doctor.environments.offer import absent, offers
from doctor.environments.plan import planned
from tests.deployments import deployment


def changes(text, base):
    artifact = deployment(artifact={"code/requirements.txt": text}).part("artifact")
    return [(c.kind, c.name, c.after, c.because) for c in planned(base, artifact).changes]


def freeze(python="3.11", **packages):
    return Environment(
        "serving", "serving.txt", {k.replace("_", "-"): v for k, v in packages.items()}, python, complete=True
    )


def test_what_a_line_drags_along():
    base = freeze(torch="2.5.1", torchvision="0.20.1", sympy="1.13.1", triton="3.1.0", typing_extensions="4.16.0",
                  filelock="3.1", fsspec="2026.9.0", networkx="3.6.1", pillow="11.0.0")  # fmt: skip
    found = changes("torchvision==0.26.0", base)
    assert ("replaces", "torchvision", "0.26.0", "") in found
    assert ("replaces", "torch", "2.11.0", "torchvision 0.26.0 requires torch==2.11.0") in found
    assert ("replaces", "triton", "3.6.0", "torch 2.11.0 requires triton==3.6.0") in found
    assert not any(name == "pillow" for _, name, _, _ in found)  # what satisfies stays


def test_nothing_is_dragged_that_is_unknown_or_named():
    base = freeze(torch="2.5.1", torchvision="0.20.1")
    assert changes("torchvision==0.26.0\ntorch==2.11.0", base)[:2] == [
        ("replaces", "torchvision", "0.26.0", ""),
        ("replaces", "torch", "2.11.0", ""),
    ]
    open_ended = Environment("serving", "r.txt", {"six": "1"}, "3.11")
    assert changes("torchvision==0.26.0", open_ended) == [("adds", "torchvision", "0.26.0", "")]


def test_an_open_line_lets_go_of_what_excludes_a_pin():
    requires = {"boto3": ("botocore<1.30,>=1.29",), "botocore": ("urllib3<1.27,>=1.25.4",)}
    base = Installed(
        "serving", "venv", {"boto3": "1.26.100", "botocore": "1.29.100", "urllib3": "1.26.18"}, "3.10",
        requires=lambda name: requires.get(name, ()),
    )  # fmt: skip
    found = {name: (kind, after) for kind, name, after, _ in changes("boto3\nurllib3==2.2.3", base)}
    assert found == {"boto3": ("replaces", ""), "botocore": ("replaces", ""), "urllib3": ("replaces", "2.2.3")}
    found = {name: kind for kind, name, _, _ in changes("boto3==1.26.100\nurllib3==2.2.3", base)}
    assert found["boto3"] == "keeps"


@pytest.mark.parametrize(
    ("one", "other", "none"),
    [
        ("<2", ">2.1", True),
        ("<2", ">=2", True),
        ("<=2", ">=2", False),
        ("~=1.4", "<1.4", True),
        ("~=1.4", ">=1.9", False),
        ("==0.14.*", ">=0.14.5", False),
        ("==0.14.*", ">=0.15", True),
        ("<0.14,>=0.11.1,!=0.11.3", "==0.19.1", True),
        (">1.0", "<1.0.1", False),
        ("==2.1.0", "==2.1", False),
        ("", "<1", False),
        ("no specifier", "<1", False),
    ],
)
def test_disjoint(one, other, none):
    assert disjoint(one, other) is none


def test_what_the_index_has():
    assert newest("torch", ">=2", (3, 9)) == "2.8.0"
    assert newest("acme", "", (3, 9)) == ""
    assert releases("acme") == ()
    assert required("acme", "1.0") is None
    assert "torch==2.5.1" in (required("torchvision", "0.20.1+cu124") or ())
    assert required("torchvision", "99.0") is None
    assert offers("acme", "==1.0", (3, 10)) is None
    offer = offers("scikit-learn", "==1.0.2", (3, 12))
    assert offer and (offer.compiled, offer.oldest, offer.nearest) == ("1.0.2", "1.3.1", "1.3.1")
    assert absent("torch", "2.1.3") == ("2.1.2", True)
    assert absent("torch", "2.1.2") is None
    assert absent("torch", "99.0") is None
