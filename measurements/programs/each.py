"""Runs each piece of a measurement in a process of its own: a crash is a result. For Python 3.6 and later."""

import json
import os
import signal
import sys
import warnings


def main(write, read):
    """Do what the command line says: ``write FOLDER`` or ``read FOLDER``; print the results as JSON."""
    import __main__

    mode, folder = sys.argv[1:3]
    if mode == "write":
        os.makedirs(folder, exist_ok=True)
        names = list(__main__.OBJECTS)
        results = {n: apart(lambda n=n: write(n, os.path.join(folder, n))) for n in names}
    else:
        results = {n: apart(lambda n=n: read(n, os.path.join(folder, n))) for n in sorted(os.listdir(folder))}
    print(json.dumps(results))


class Failed(Exception):
    """A step of reading that failed: ``at`` is load, use or the name of a method."""

    def __init__(self, at, error):
        super().__init__(at)
        self.at, self.error = at, error


def step(at, function, *arguments):
    """Call a function; what it raises is said to have happened at that step."""
    try:
        return function(*arguments)
    except BaseException as error:
        raise Failed(at, error) from None


def apart(function, seconds=120):
    """Return what a function gives in a forked process: {} for fine, {"at", "error"}, and {"warnings"} on the way."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        signal.alarm(seconds)
        sys.stdout = sys.stderr
        with os.fdopen(into, "w") as pipe:
            pipe.write(json.dumps(_told(function)))
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        text = pipe.read()
    status = os.waitpid(child, 0)[1]
    return json.loads(text) if text else {"at": "load", "error": "killed by signal %d" % (status & 0x7F)}


def _told(function):
    result = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result.update(function() or {})
        except Failed as failed:
            result.update(at=failed.at, error=_line(failed.error))
        except BaseException as error:
            result.update(at="load", error=_line(error))
    names = sorted({w.category.__name__ for w in caught if "ersion" in w.category.__name__})
    if names:
        result["warnings"] = names
    return result


def _line(error):
    """Return an exception as the log's last line has it, and nothing of where it happened to run."""
    kind = type(error)
    name = kind.__name__ if kind.__module__ in ("builtins", "exceptions") else kind.__module__ + "." + kind.__name__
    return (name + ": " + " ".join(str(error).split()))[:600]
