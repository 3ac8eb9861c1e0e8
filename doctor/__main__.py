"""Entry of the command ``doctor`` and of ``python -m doctor``."""

import gc
import sys


def main() -> None:
    """Run the command line; the version is told without loading it, so that scripts can ask for nothing."""
    if sys.argv[1:] == ["--version"]:
        from doctor import __version__

        sys.stdout.write(f"endpoint-doctor {__version__}\n")
        return
    gc.set_threshold(100_000)  # a small run ends before the first collection; each costs a tenth of its start-up
    from doctor.cli import main as command

    command(prog_name="doctor")


if __name__ == "__main__":
    main()
