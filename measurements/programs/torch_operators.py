"""Prints the operators of a PyTorch, and what its torch.load admits."""

import json

import torch


def main():
    names = (schema.name.partition("::") for schema in torch._C._jit_get_all_schemas())  # noqa: SLF001 - nothing public lists them
    operators = sorted({name for space, _, name in names if space == "aten"})
    allowed = []
    try:
        from torch import _weights_only_unpickler

        allowed = sorted(_weights_only_unpickler._get_allowed_globals())  # noqa: SLF001
    except ImportError:  # before 1.13
        pass
    print(json.dumps({"operators": operators, "allowed": allowed}))


if __name__ == "__main__":
    main()
