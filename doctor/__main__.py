"""Entry of the command ``doctor`` and of ``python -m doctor``."""

import gc
import os
import sys


def main() -> None:
    """Run the command line; the version is told without loading it, so that scripts can ask for nothing."""
    if sys.argv[1:] == ["--version"]:
        from doctor import __version__

        sys.stdout.write(f"endpoint-doctor {__version__}\n")
        return
    gc.set_threshold(1_000_000)  # a small run ends before the first collection
    status = _run()
    # Nothing is left to put away: taking the interpreter down in order would cost a fifth of a small run.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _run() -> int:
    from doctor.cli import main as command

    try:
        command(prog_name="doctor")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    main()
