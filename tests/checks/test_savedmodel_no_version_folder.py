from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_a_folder_without_a_number():
    first = examine("sick/savedmodel-no-version-folder").findings[0]
    assert first.check.id == "savedmodel-no-version-folder"
    assert first.finding.message.startswith("the SavedModel is in saved_model/, and TensorFlow Serving only looks for")
    assert first.finding.fix.startswith("mkdir -p saved_model/1 && mv saved_model/")
    assert first.finding.log == "ValueError: no SavedModel bundles found!"


def test_the_variants():
    for name, words in (
        ("version-with-a-letter", "in scorer/v1/,"),
        ("at-the-root", "in the root of the archive,"),
        ("keras-h5", "doesn't serve model.h5"),
    ):
        first = examine(f"sick/savedmodel-no-version-folder--{name}").findings[0]
        assert first.check.id == "savedmodel-no-version-folder"
        assert words in first.finding.message


def test_folders_that_are_found():
    model = files("healthy/savedmodel-at-1")
    for place in ("1", "a/0", "export/Servo/1700000000"):
        moved = {path.replace("1/", f"{place}/", 1): content for path, content in model.items()}
        outcome = ask("savedmodel-no-version-folder", artifact=moved, stack="tensorflow-serving")
        assert outcome.status is Status.CLEAR, place


def test_other_stacks_and_multi_model():
    model = files("sick/savedmodel-no-version-folder")
    assert ask("savedmodel-no-version-folder", artifact=model, stack="pytorch").status is Status.CLEAR
    env = {"SAGEMAKER_MULTI_MODEL": "true"}
    outcome = ask("savedmodel-no-version-folder", artifact=model, stack="tensorflow-serving", env=env)
    assert outcome.status is Status.UNKNOWN
