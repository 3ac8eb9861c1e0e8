"""Prints which operators an onnxruntime knows, and which versions of them it runs on a CPU."""

import json

import onnx.defs
import onnxruntime

STATE = onnxruntime.capi.onnxruntime_pybind11_state
ENDLESS = 2**31 - 1


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
            kernels.setdefault((kernel.domain or "ai.onnx", kernel.op_name), []).append(kernel.version_range)
    found = {}
    for (domain, name), versions in sorted(known.items()):
        ranges = kernels.get((domain, name), ())
        without = [v for v in sorted(versions) if not any(runs(v, *r) for r in ranges)]
        found.setdefault(domain, {})[name] = {"since": sorted(versions), "without": without}
    print(json.dumps({"known": found, "functions": functions()}))


def functions():
    """Return the operators that ONNX defines by others, as name and version."""
    return [
        [s.domain or "ai.onnx", s.name, s.since_version]
        for s in onnx.defs.get_all_schemas_with_history()
        if s.has_function or s.has_context_dependent_function
    ]


if __name__ == "__main__":
    main()
