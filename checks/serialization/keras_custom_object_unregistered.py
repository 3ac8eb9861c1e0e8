"""Check: a class of the model's own that load_model will not find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.kinds.keras import KerasObject
    from doctor.handler import Handler
    from doctor.keras_serving import Loaded
    from doctor.models import Models
    from doctor.target import Target

_SCOPES = ("register_keras_serializable", "custom_object_scope", "CustomObjectScope", "get_custom_objects")


@check(
    title="The model holds a class of your own that load_model can't find",
    fault="keras-custom-object",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="keras-team/keras#21046",
    symptoms=(
        r"Unknown layer: '?\w+'?\. Please ensure",
        r"Could not locate class '\w+'\. Make sure custom classes",
        r"Could not deserialize class '\w+' because its parent module (?!keras|tf_keras)[\w.]+ cannot be imported",
        r"Cannot deserialize object of type `\w+`\. If `\w+` is a custom class",
    ),
)
def keras_custom_object_unregistered(
    models: Models, handler: Handler, artifact: Artifact, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Keras saves a class of your own by its name, and the process that loads the model must bring the class.

    Pack the module that defines it, and pass ``custom_objects={"MyLayer": MyLayer}`` to load_model, or decorate the
    class with ``@keras.saving.register_keras_serializable()`` and import its module. Keras 3.8 and earlier import the
    module that the file names on their own, where it is there.
    """
    from doctor.keras_serving import custom_objects, loaded

    for load in loaded(models, handler, serving, target):
        given = custom_objects(load)
        if given is None or not load.use.sure:
            continue  # nobody can see what is registered
        imports = load.reader.major == 3 and (load.reader.version is None or load.reader.version.release < (3, 9))
        needed = [c for c in load.facts.custom if not _brought(c, given, handler)]
        # These import the module that a class names.
        there = {c.module: _is_there(c.module, artifact, serving) for c in needed if imports and c.module}
        missing = [c for c in needed if there.get(c.module, False) is False]
        if not missing and None in there.values():
            module = next(m for m, found in there.items() if found is None)
            yield Unknown(f"{load.file.path} names {module}; {serving.source} doesn't say whether it is there")
        if missing:
            name = missing[0].class_name.rpartition(">")[2]
            yield Finding(
                message=f"{load.file.path} holds a {missing[0].class_name} ({missing[0].name!r}), which is none of "
                "Keras's classes, and nothing registers it before load_model",
                evidence=(
                    Evidence(f"artifact:{load.file.path}", f"class {missing[0].class_name}, {missing[0].name!r}"),
                    *load.evidence,
                ),
                fix=f'load_model({load.file.path!r}, custom_objects={{"{name}": {name}}})',
                likelihood=Likelihood.CERTAIN,
                log=_log(load, name, missing[0].module),
                cause=f"artifact:{load.file.path}",
            )


def _is_there(module: str, artifact: Artifact, serving: Environment) -> bool | None:
    """Say whether a module is there: in the artifact, wherever in it, or in the environment; None: nobody knows."""
    from doctor.modules import nobody_gives

    top = module.partition(".")[0]
    files = (f"/{m.path}" for m in artifact.files())
    if top == "__main__" or any(f"/{top}/" in path or path.endswith((f"/{top}.py", f"/{top}.so")) for path in files):
        return True
    found = serving.finds(top)
    if found is None and nobody_gives(top, serving.packages, complete=serving.complete):
        return False
    return found


def _brought(found: KerasObject, given: set[str], handler: Handler) -> bool:
    """Say whether a class may be registered, by the call, by the handler's code, or by a package that it imports."""
    if {found.class_name, found.class_name.rpartition(">")[2], found.registered} & given:
        return True
    lines = [line for script in handler.scripts.values() for line in script.lines]
    if any(word in line for line in lines for word in _SCOPES):
        return True
    package = found.class_name.rpartition(">")[0].lower()
    # A package registers its classes when it is imported: "Addons>" is tensorflow_addons.
    known = {"addons": "tensorflow_addons", "keras_hub": "keras_hub", "keras_nlp": "keras_nlp", "keras_cv": "keras_cv"}
    imported = {i.module.partition(".")[0] for i in handler.imports()}
    return package != "" and bool({package, known.get(package, package)} & imported)


def _log(load: Loaded, name: str, module: str) -> str:
    from doctor.facts import load as facts
    from doctor.keras_rules import worded

    version = load.reader.version.release[:2] if load.reader.version else (3, 0)
    if version < (2, 9):
        return f"ValueError: Unknown layer: {name}. Please ensure this object is passed to the `custom_objects`"
    if load.file.format == "hdf5" or version < (2, 13):
        return f"ValueError: Unknown layer: '{name}'. Please ensure you are using a `keras.utils.custom_object_scope`"
    if load.reader.major == 2 and load.facts.layers[0].class_name == "Sequential":
        return f"TypeError: The added layer must be an instance of class Layer. Received: layer={name} of type"
    if load.reader.major == 2:
        return (
            f"TypeError: Cannot deserialize object of type `{name}`. If `{name}` is a custom class, please register it"
        )
    if load.facts.custom[0] is not load.facts.layers[0] and load.facts.layers[0].name != name:
        return "could not be deserialized properly. Please ensure that components that are Python object instances"
    said = worded(facts("keras")["keras_3"]["custom_log"], load.reader.version if module else None)
    return said.format(name=name, module=module)
