"""
The part ``handler``: the Python in the artifact that serves, read as syntax trees and never run.

What a check asks of it::

    handler.entry                      Script | None: what the server imports (code/inference.py, SAGEMAKER_PROGRAM)
    handler.scripts                    path -> Script: the entry and the modules of the artifact that it imports
    handler.hooks                      name -> Function: model_fn, input_fn, ..., handler, input_handler, ...
    handler.defines("model_fn")        True, False, or None where star imports or globals() hide the answer
    handler.calls("torch.load")        Call(name, node, path, line, function, at_import, hooks), aliases resolved
    handler.calls("*.eval")            a method of anything; names of results read "torch.load().eval"
    call.argument(0, "f")              ast.expr | None
    handler.text(expression, scope)    the text or path that an expression always has, or None
    handler.opened()                   Opened(call, path in the artifact | None, text as written | None)
    handler.imports()                  Import(module, names, line, path, guarded, function)
    handler.where(path, line)          "artifact:code/inference.py:12"
    handler.seen(path, line)           Evidence of that source line
    script.error                       SyntaxProblem(message, line, text) | None

The model folder reads as /opt/ml/model wherever it comes from: the parameter of model_fn, a literal,
``context.system_properties``.
"""

from doctor.handler.building import build
from doctor.handler.value import Call, Handler, Opened

__all__ = ["Call", "Handler", "Opened", "build"]
