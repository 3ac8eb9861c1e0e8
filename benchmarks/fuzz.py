"""
``make fuzz``: mutated inputs over every reader of bytes, seeded from the fixtures.

Each input is a real file of a fixture (or an archive of one) with bytes flipped, cut, repeated, inserted or replaced by
numbers that formats trip over. A reader must return a value or raise Unreadable: anything else, a run longer than
--seconds, or a process above --mib of memory is a failure, and its input is written to benchmarks/.cache/fuzz.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import signal
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from doctor.artifact import tar  # noqa: E402 - found beside this file only after the line above
from doctor.artifact.collecting import Collector  # noqa: E402
from doctor.artifact.tree import Member  # noqa: E402
from doctor.errors import Unreadable  # noqa: E402
from doctor.formats.recognise import FORMATS, HEAD, reader, recognise  # noqa: E402
from doctor.formats.stream import stream_of  # noqa: E402

LARGEST_SEED = 300_000
NUMBERS = [
    b"\xff" * 8,
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\0" * 8,
    b"\x80",
    b"\x00\x00\x00\x80",
    b"\xff\xff\xff\x7f",
    b"\x01",
]


def seeds() -> dict[str, list[tuple[str, bytes]]]:
    """Return real files of the fixtures by format, with the archives' own format and the handlers'."""
    found: dict[str, list[tuple[str, bytes]]] = {"tar": [], "artifact": []}
    for path in sorted((ROOT / "fixtures").rglob("model/**/*")) + sorted(
        (ROOT / "tests" / "formats" / "data").rglob("*")
    ):
        if not path.is_file() or path.stat().st_size > LARGEST_SEED:
            continue
        data = path.read_bytes()
        word = recognise(data[:HEAD], path.name)
        found.setdefault(word or "artifact", []).append((path.name, data))
    return {k: v for k, v in found.items() if v}


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Return the bytes with one to eight mutations."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        at = dice.randrange(len(out) + 1) if dice.random() < 0.5 else min(len(out), int(dice.expovariate(1 / 200)))
        kind = dice.randrange(7)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << dice.randrange(8)
        elif kind == 1 and at < len(out):
            out[at] = dice.randrange(256)
        elif kind == 2:
            del out[at:]
        elif kind == 3:
            del out[at : at + dice.choice((1, 2, 4, 16, 300))]
        elif kind == 4:
            number = dice.choice(NUMBERS)
            out[at : at + len(number)] = number
        elif kind == 5:
            out[at:at] = out[at : at + dice.choice((1, 8, 64, 1000))] * dice.choice((1, 3, 50))
        else:
            out[at:at] = dice.randbytes(dice.choice((1, 4, 30)))
    return bytes(out[: 4 * LARGEST_SEED])


def aim(word: str) -> Callable[[str, bytes], Any]:
    """Return what to feed the mutated bytes of a format to."""
    if word in FORMATS:
        return lambda name, data: reader(word)(stream_of(data), name, len(data))
    return _whole


def _whole(name: str, data: bytes) -> Any:
    """The pass over an artifact, then all that reads the files it kept."""
    from doctor.formats.huggingface import folders
    from doctor.handler import build

    collector = Collector(len(data))
    collector.take(Member(name, "file", len(data), raw=name), stream_of(data))
    collector.take(Member("code/inference.py", "file", len(data), raw="code/inference.py"), stream_of(data))
    collector.take(Member("config.json", "file", len(data), raw="config.json"), stream_of(data))
    examined = collector.examined("fuzz", "directory", len(data))
    folders(examined.artifact, examined.models)
    return build(examined.artifact, {}, None)


def tars(_name: str, data: bytes) -> Any:
    """The tar reader over mutated archives."""
    return [(h, s.peek(10)) for h, s in tar.entries(stream_of(data))]


def _archived(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    import io
    import tarfile

    out = []
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            for name, data in files[:6]:
                info = tarfile.TarInfo(("x" * 120 + "/" + name)[: 90 if form == tarfile.PAX_FORMAT else 300])
                info.size = min(len(data), 3000)
                archive.addfile(info, io.BytesIO(data[:3000]))
        out.append((f"{form}.tar", buffer.getvalue()))
    return out


def cases(share: int, shares: int, count: int) -> Iterator[tuple[str, Callable[[str, bytes], Any], str, bytes]]:
    """Yield this worker's share of the inputs, the same for the same seed files."""
    pools = seeds()
    pools["tar"] = _archived([f for v in pools.values() for f in v[:1]])
    words = sorted(pools)
    for number in range(share, count, shares):
        dice = random.Random(number)
        word = words[number % len(words)]
        name, data = dice.choice(pools[word])
        yield word, tars if word == "tar" else aim(word), name, mutated(data, dice)


class TooLong(BaseException):
    """A reader took longer than it may."""


def work(arguments: tuple[int, int, int, float, int]) -> tuple[int, int, list[str]]:
    """Run a share; return how many inputs were run, how many of them were read after all, and what failed."""
    share, shares, count, seconds, mib = arguments
    resource.setrlimit(resource.RLIMIT_AS, (mib << 20, mib << 20))

    def ring(_signal: int, _frame: object) -> None:
        raise TooLong

    signal.signal(signal.SIGALRM, ring)
    ran, read, failures = 0, 0, []
    for word, target, name, data in cases(share, shares, count):
        ran += 1
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            target(name, data)
            read += 1
        except Unreadable:
            pass
        except (Exception, TooLong) as error:  # noqa: BLE001 - whatever else is raised is the finding
            failures.append(_kept(word, name, data, error))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return ran, read, failures


def _kept(word: str, name: str, data: bytes, error: BaseException) -> str:
    folder = ROOT / "benchmarks" / ".cache" / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{word}-{zlib.crc32(data):08x}-{name}"
    path.write_bytes(data)
    where = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"{word}: {type(error).__name__}: {str(error)[:100]} at {Path(where.filename).name}:{where.lineno}  {path.name}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="mutated inputs over every reader")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="longest time for one input")
    parser.add_argument("--mib", type=int, default=1500, help="largest address space of a worker")
    options = parser.parse_args()
    shares = multiprocessing.cpu_count()
    start = time.monotonic()
    jobs = [(n, shares, options.count, options.seconds, options.mib) for n in range(shares)]
    with multiprocessing.Pool(shares) as pool:
        results = pool.map(work, jobs, chunksize=1)
    ran, read = sum(r for r, _, _ in results), sum(r for _, r, _ in results)
    failures = [f for _, _, fs in results for f in fs]
    distinct = {f.split("  ")[0]: f for f in failures}
    for failure in sorted(distinct.values()):
        print(failure)
    per_format = ", ".join(f"{w} {len(v)}" for w, v in sorted(seeds().items()))
    print(f"{ran} mutated inputs in {time.monotonic() - start:.0f} s, {len(failures)} failures ({len(distinct)} kinds)")
    print(f"{read} were read after all, {ran - read - len(failures)} refused as Unreadable")
    print(f"seed files by format: {per_format}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
