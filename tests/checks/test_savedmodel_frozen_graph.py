from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_a_frozen_graph_for_the_server_and_for_python():
    for name, path in (("", "scorer/1"), ("--in-python", "export")):
        first = examine(f"sick/savedmodel-frozen-graph{name}").findings[0]
        assert first.check.id == "savedmodel-frozen-graph"
        assert first.finding.message.startswith(f"{path}/saved_model.pb is a frozen graph (GraphDef) of")


def test_a_handler_that_reads_it_as_a_graph():
    model = files("sick/savedmodel-frozen-graph--in-python")
    model["code/inference.py"] = (
        b"import tensorflow as tf\n\n\ndef model_fn(model_dir):\n    graph = tf.compat.v1.GraphDef()\n"
        b"    graph.ParseFromString(open(model_dir + '/export/saved_model.pb', 'rb').read())\n    return graph\n"
    )
    assert ask("savedmodel-frozen-graph", artifact=model).status is Status.CLEAR


def test_a_savedmodel():
    assert ask("savedmodel-frozen-graph", artifact=files("healthy/savedmodel-at-1")).status is Status.CLEAR
