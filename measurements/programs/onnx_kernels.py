"""Prints which operators an onnxruntime knows, and which versions and types of them it runs on a CPU."""

import json

import onnx.defs
import onnxruntime

STATE = onnxruntime.capi.onnxruntime_pybind11_state
ENDLESS = 2**31 - 1
OLDEST = 7  # nobody ships operator sets before it


def runs(since, start, end):
    """Say whether a kernel serves an operator's version: an open end stands for its first version alone."""
    return start == since or (end != ENDLESS and start <= since <= end)


def main():
    known, kernels = {}, {}
    if not hasattr(STATE, "get_all_operator_schema"):  # before 1.16
        print("{}")
        return
    for schema in STATE.get_all_operator_schema():
        if not schema.deprecated:
            known.setdefault((schema.domain or "ai.onnx", schema.name), set()).add(schema.since_version)
    for kernel in STATE.get_all_opkernel_def():
        if kernel.provider == "CPUExecutionProvider":
            kernels.setdefault((kernel.domain or "ai.onnx", kernel.op_name), []).append(kernel)
    found, typed = {}, {}
    for (domain, name), versions in sorted(known.items()):
        serving = {v: [k for k in kernels.get((domain, name), ()) if runs(v, *k.version_range)] for v in versions}
        without = [v for v in sorted(versions) if not serving[v]]
        found.setdefault(domain, {})[name] = {"since": sorted(versions), "without": without}
        typed.update({"%s %s %d" % (domain, name, v): types(of) for v, of in serving.items() if of})
    print(json.dumps({"known": found, "functions": functions(), "types": typed, "outputs": outputs()}))


def types(kernels):
    """Return which types any of some kernels takes, by the names of the type parameters that all of them bound."""
    bound = set.intersection(*(set(k.type_constraints) for k in kernels))
    return {name: sorted({t[7:-1] for k in kernels for t in k.type_constraints[name]}) for name in sorted(bound)}


def outputs():
    """Return by operator what types its outputs have: "0 1", that of those inputs; "int64"; "" where nobody knows."""
    newest, found = {}, {}
    for schema in sorted(onnx.defs.get_all_schemas_with_history(), key=lambda s: -s.since_version):
        key = "%s %s" % (schema.domain or "ai.onnx", schema.name)
        before, newest[key] = newest.get(key, 1000), schema.since_version
        if schema.domain in ("", "ai.onnx.ml") and (schema.domain or before > OLDEST):
            made = [made_of(schema, output) for output in schema.outputs]
            known = found.setdefault(key, made)
            # What another version says otherwise, or doesn't say, nobody knows.
            found[key] = [[one for one in ones if n < len(made) and one in made[n]] for n, ones in enumerate(known)]
    rules = {key: [rule(ones) for ones in made] for key, made in sorted(found.items())}
    return {key: made for key, made in rules.items() if any(made)}


def made_of(schema, output):
    """Return what says an output's type: the places of inputs, the one type that ONNX allows; "+": all that follow."""
    if any(not p.is_homogeneous for p in [*schema.inputs, *schema.outputs]):
        return []
    allowed = next((c.allowed_type_strs for c in schema.type_constraints if c.type_param_str == output.type_str), None)
    allowed = allowed or [output.type_str]
    said = [str(n) for n, i in enumerate(schema.inputs) if i.type_str == output.type_str]
    said += [t[7:-1] for t in allowed if len(allowed) == 1 and t.startswith("tensor(")]
    return said + ["+"] if "Variadic" in str(output.option) else said


def rule(ones):
    said = [one for one in ones if one[0].isalpha()] or [one for one in ones if one.isdigit()]
    return " ".join(said) + ("+" if said and "+" in ones else "")


def functions():
    """Return the operators that ONNX defines by others, as name and version."""
    return [
        [s.domain or "ai.onnx", s.name, s.since_version]
        for s in onnx.defs.get_all_schemas_with_history()
        if s.has_function or s.has_context_dependent_function
    ]


if __name__ == "__main__":
    main()
