"""
Which types an operator's kernels lack: ``write FILE`` makes a model of one node for each operator, version and type.

``read FILE`` makes a session of each and prints what became of it. The newest onnx writes; all read. For Python 3.8
and later.
"""

import json
import re
import sys

from each import apart

OLDEST = 7  # nobody ships operator sets before it
TYPES = (
    "float double float16 bfloat16 float8e4m3fn float8e5m2 float4e2m1 int4 uint4 int8 uint8 int32 int64 bool string"
).split()
PLAIN = ("float", "int64", "int32", "bool", "string", "uint8", "int8")  # what the other inputs are, the first allowed
# What a node says where it must say something, or where its default is for other types.
SAYS = {
    ("Einsum", "equation"): "i,i->i",
    ("RegexFullMatch", "pattern"): "a",
    ("Cast", "to"): 1,
    ("BitCast", "to"): 6,
    ("Pad", "pads"): [0, 0],
    ("RNN", "hidden_size"): 1,
    ("GRU", "hidden_size"): 1,
    ("LSTM", "hidden_size"): 1,
}
MOST = 64  # models that one process opens
ABSENT = re.compile(r"Could not find an implementation for (?:the node )?(?:\S*:)?(\w+)\((\d+)\)")


def models():
    """Yield each model with what it asks: domain, operator, version, inputs of the type, the type."""
    import onnx

    newest, newest_set = {}, onnx.defs.onnx_opset_version()
    for schema in sorted(onnx.defs.get_all_schemas_with_history(), key=lambda s: -s.since_version):
        domain = schema.domain or "ai.onnx"
        if domain not in ("ai.onnx", "ai.onnx.ml"):
            continue
        before = newest.get((domain, schema.name), 1000)
        newest[domain, schema.name] = schema.since_version
        if schema.deprecated or (domain == "ai.onnx" and before <= OLDEST):
            continue
        first = 11 if domain == "ai.onnx.ml" else max(OLDEST, schema.since_version)
        # Whether an operator has a kernel is a matter of its own version; of what others it is made, of the set's.
        sets = range(first, min(before, newest_set + 1)) if made_of_others(schema) else [first]
        for question in questions(schema):
            for opset in sets:
                yield from asked(onnx, schema, domain, opset, *question)


def made_of_others(schema):
    return schema.domain == "" and (schema.has_function or schema.has_context_dependent_function)


def questions(schema):
    """Yield the parts of a schema that are of one type: its name, the inputs that have it, and what ONNX allows it."""
    if any("GRAPH" in str(a.type) for a in schema.attributes.values()):
        return
    allowed = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
    for name in dict.fromkeys(i.type_str for i in schema.inputs):
        of = allowed.get(name, [name])
        if all(t.startswith("tensor(") for t in of):
            places = [n for n, i in enumerate(schema.inputs) if i.type_str == name]
            yield name, places, [t[7:-1] for t in of]
    if schema.name == "Cast":
        yield "T2", [], [t[7:-1] for t in allowed["T2"]]


def asked(onnx, schema, domain, opset, name, places, allowed):
    says = [a.name for a in schema.attributes.values()]
    alone = sum(len(c.allowed_type_strs) > 1 for c in schema.type_constraints) == 1
    spread = bool(places) and "Variadic" in str(schema.inputs[-1].option) and places[-1] == len(schema.inputs) - 1
    for kind in TYPES:
        if kind in allowed:
            built = one(onnx, schema, domain, opset, name, places, kind)
            if built is None:
                return
            about = {"key": "%s %s %d" % (domain, schema.name, schema.since_version), "at": places, "type": kind}
            yield dict(about, param=name, alone=alone, spread=spread, function=made_of_others(schema), set=opset, says=says,
                       optional=any("Optional" in str(i.option) for i in schema.inputs)), built  # fmt: skip


def one(onnx, schema, domain, opset, name, places, kind):
    """Return a model of one node whose inputs of a type parameter have a type; None where others can't be given."""
    helper, elements = onnx.helper, {n.lower(): v for n, v in onnx.TensorProto.DataType.items()}
    required = [n for n, i in enumerate(schema.inputs) if "Optional" not in str(i.option)]
    given = required if not places or set(places) & set(required) else [*required, places[0]]
    allowed = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
    kinds = {}
    for n in given:
        of = schema.inputs[n].type_str
        free = [t for t in PLAIN if "tensor(%s)" % t in allowed.get(of, [of])]
        if of != name and not free:
            return None
        kinds[n] = kind if of == name else free[0]
    inputs = [helper.make_tensor_value_info("x%d" % n, elements[k], None) for n, k in kinds.items()]
    names = ["x%d" % n if n in kinds else "" for n in range(max(kinds, default=-1) + 1)]
    outputs = ["y%d" % n for n, o in enumerate(schema.outputs) if not n or "Optional" not in str(o.option)]
    says = {a.name: said(onnx, schema, a) for a in schema.attributes.values() if a.required}
    if name == "T2" and schema.name == "Cast":
        says["to"] = elements[kind]
    if None in says.values():
        return None
    node = helper.make_node(schema.name, names, outputs, domain="" if domain == "ai.onnx" else domain, **says)
    graph = helper.make_graph([node], "g", inputs, [onnx.ValueInfoProto(name=o) for o in outputs])
    sets = [helper.make_opsetid("", opset)]
    if domain != "ai.onnx":
        sets.append(helper.make_opsetid(domain, schema.since_version))
    made = helper.make_model(graph, opset_imports=sets, producer_name="measured")
    made.ir_version = 7 if opset < 15 else 8 if opset < 19 else 9 if opset < 21 else 10
    return made.SerializeToString()


def said(onnx, schema, attribute):
    """Return what a node says for an attribute that it must have; None where nothing is known for it."""
    if (schema.name, attribute.name) in SAYS:
        return SAYS[schema.name, attribute.name]
    return {"INT": 1, "INTS": [1], "FLOAT": 1.0, "FLOATS": [1.0], "STRING": "a", "STRINGS": ["a"]}.get(
        str(attribute.type).rpartition(".")[2]
    )


def write(path):
    with open(path, "w") as file:
        for about, built in models():
            file.write(json.dumps(dict(about, model=built.hex())) + "\n")


def read(path):
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    found = []
    for start in range(0, len(rows), MOST):
        some = range(start, min(start + MOST, len(rows)))
        told = apart(lambda some=some: {"found": opened(onnxruntime, rows, some)})
        found += told["found"] if "found" in told else [alone(onnxruntime, rows, n) for n in some]
    print(json.dumps(found))


def alone(onnxruntime, rows, number):
    """Open one model in a process of its own, which it may end."""
    told = apart(lambda: {"found": opened(onnxruntime, rows, [number])})
    return told["found"][0] if "found" in told else [number, "crash"]


def opened(onnxruntime, rows, numbers):
    """Return what became of models: "+", the operator that there is no kernel for, or the error after a "?"."""
    found = []
    for number in numbers:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            onnxruntime.InferenceSession(
                bytes.fromhex(rows[number]["model"]), options, providers=["CPUExecutionProvider"]
            )
            found.append([number, "+"])
        except Exception as error:
            absent = ABSENT.search(str(error))
            found.append([number, "%s(%s)" % absent.groups() if absent else "?" + str(error)[:150]])
    return found


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](sys.argv[2])
