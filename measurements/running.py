"""Runs the programs in the environments, keeps each result as a file, and goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from measurements.environments import NotMade, freeze, made
from measurements.family import PROGRAMS, Env, Family

# The program is run by its bare name: code pickled by value would hold the path it was run by.
_RUN = "import sys; name = sys.argv[1]; sys.argv = sys.argv[1:]; exec(compile(open(name).read(), name, 'exec'))"
_PROGRAM = "program.py"  # not the family's name: it would be imported in place of the library
# What an error says of the run rather than of the fault, and what stands instead.
_PLACES = (
    (r"\s*Stack trace:.*", ""),
    (r"\[\d\d:\d\d:\d\d\] ", ""),
    (r"\s*- expected: .*", ""),
    (r"(?:/[\w.+-]+)+/(?:site-packages|lib/python3\.\d+)/", ".../"),
    (r"(?:/[\w.+-]+)+/((?:src|include)/)", r"\1"),
    (r"(?:(?:/[\w.+-]+)+/)?objects/[^/\s]+/[\w.+-]+", "{path}"),
    (r"0x[0-9a-f]{6,}", "0x..."),
)


class Work:
    """
    The folder in which a family is measured.

    Args:
        family: what is measured.
        home: the folder for all families.
        recorded: environment name to its packages, from an earlier measurement.
    """

    def __init__(self, family: Family, home: Path, recorded: dict[str, dict[str, str]] | None = None) -> None:
        self.family = family
        self.envs = home / "envs"
        self.folder = home / family.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self._recorded = recorded or {}
        text = family.program.read_bytes() + (PROGRAMS / "each.py").read_bytes()
        self._digest = hashlib.sha256(text).hexdigest()[:16]

    def environment(self, env: Env) -> tuple[Path, str, dict[str, str]] | None:
        """Return an environment's interpreter, Python and packages; None, told on stderr, where it can't be made."""
        try:
            python = made(env._replace(name=f"{self.family.name}-{env.name}"), self.envs, self._recorded.get(env.name))
        except NotMade as why:
            print(f"{self.family.name} {env.name}: not made: {why}", file=sys.stderr)
            return None
        return (python, *freeze(python))

    def written(self, env: Env, python: Path) -> dict[str, Any]:
        """Let an environment write all objects; return what it said of each."""
        return self._kept(self.folder / f"{env.name}.written.json", env, python, "write", f"objects/{env.name}")

    def read(self, writer: Env, reader: Env, python: Path) -> dict[str, Any]:
        """Let an environment read what another wrote; return what it said of each object."""
        into = self.folder / f"{writer.name}--{reader.name}.json"
        return self._kept(into, reader, python, "read", f"objects/{writer.name}")

    def read_together(self, writers: list[Env], reader: Env, python: Path) -> None:
        """Let an environment read what all others wrote, as far as that isn't kept, in one process."""
        left = [w.name for w in writers if not self._known(self.folder / f"{w.name}--{reader.name}.json")]
        if left:
            found = self._run(reader, python, "read", *(f"objects/{name}" for name in left))
            for name in left:
                results = found[f"objects/{name}"] if len(left) > 1 else found
                self._keep(self.folder / f"{name}--{reader.name}.json", results)

    def _kept(self, into: Path, env: Env, python: Path, mode: str, folder: str) -> dict[str, Any]:
        results = self._known(into)
        if results is None:
            results = self._run(env, python, mode, folder)
            self._keep(into, results)
        return {name: _plain(said) for name, said in results.items()}

    def _known(self, into: Path) -> dict[str, Any] | None:
        before = json.loads(into.read_text()) if into.exists() else {}
        return before["results"] if before.get("program") == self._digest else None

    def _keep(self, into: Path, results: dict[str, Any]) -> None:
        into.write_text(json.dumps({"program": self._digest, "results": results}))

    def _run(self, env: Env, python: Path, mode: str, *folders: str) -> dict[str, Any]:
        for name, source in (("each.py", PROGRAMS / "each.py"), (_PROGRAM, self.family.program)):
            (self.folder / name).write_bytes(source.read_bytes())
        variables = {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": ".",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "",
            **dict(env.variables),
        }
        done = subprocess.run(
            [str(python), "-W", "ignore", "-c", _RUN, _PROGRAM, mode, *folders],
            cwd=self.folder, env=variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{self.family.name} {env.name} {mode} {folders[0]}: {done.stderr[-1500:]}")
        return dict(json.loads(done.stdout.splitlines()[-1]))


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    """Take out of an error what depends on where it ran."""
    if "error" in said:
        for pattern, instead in _PLACES:
            said["error"] = re.sub(pattern, instead, said["error"], flags=re.DOTALL)
        said["error"] = said["error"][:300].rstrip()
    return said
