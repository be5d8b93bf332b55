"""Hostile data: mutated images, odd folders, damaged arrays, tables, parquet files, distilled sets, cards and runs.

python tests/torture/data_fuzz.py COUNT [SEED] [KIND ...]      prints how many were read, were refused, or failed

A case is made and tried in a process of its own for each `BATCH`, so that one that takes the process with it is seen,
and told from its number. What is accepted must be right: images of the asked shape, as many samples of each class as
were put there, the same when they are read again.
"""

import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torture.attempts import attempt, expect
from torture.hostile_images import folders, images
from torture.hostile_outputs import cards, distilled, runs
from torture.hostile_tables import arrays, listed, parquet

from matchzoo.core.showing.progress import quietly

BATCH = 100
"""Cases of one process."""
MEMORY = 12 * 2**30
"""Bytes of address space that a process may have."""
ENDS = ("read", "refused")


KINDS: dict[str, Callable[[random.Random, Path], str]] = {
    "a damaged image": images,
    "an odd folder of images": folders,
    "an odd or damaged file of arrays": arrays,
    "a garbled table": listed,
    "an odd or damaged parquet file": parquet,
    "a damaged distilled set": distilled,
    "a garbled card": cards,
    "a damaged run, started again": runs,
}


def one(kind: str, number: int, seed: int, folder: Path) -> str:
    """How a case ended. It is the same each time that it is tried."""
    own = folder / str(number)
    own.mkdir()
    try:
        return attempt(lambda: KINDS[kind](random.Random(f"{kind} {seed} {number}"), own))
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _batch(kind: str, numbers: Sequence[int], seed: int, folder: Path, log: Path) -> None:
    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ["MATCHZOO_CACHE"] = str(folder / "cache")
    with quietly(True), log.open("a", encoding="utf-8", buffering=1) as told:
        for number in numbers:
            told.write(f"{number}\t")
            told.write(f"{one(kind, number, seed, folder)!r}\n")


def campaign(kind: str, count: int, seed: int, folder: Path) -> tuple[Counter[str], dict[str, int]]:
    """Try ``count`` cases of a kind; returns how they ended, and the number of the first of each failure."""
    ended: Counter[str] = Counter()
    examples: dict[str, int] = {}
    context = multiprocessing.get_context("fork")
    log = folder / "log.tsv"
    left = list(range(count))
    while left:
        log.unlink(missing_ok=True)
        log.touch()
        process = context.Process(target=_batch, args=(kind, left[:BATCH], seed, folder, log))
        process.start()
        process.join()
        told = [line.split("\t", 1) for line in log.read_text(encoding="utf-8").split("\n") if line]
        for number, how in told:
            words = how[1:-1] if how else f"ended the process ({process.exitcode})"
            ended[words] += 1
            if words not in ENDS:
                examples.setdefault(words, int(number))
        expect(bool(told), f"the process did nothing and ended with {process.exitcode}")
        left = [number for number in left if number > int(told[-1][0])]
    return ended, examples


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    count, seed = int(sys.argv[1]), int((sys.argv[2:] or ["0"])[0])
    for kind in sys.argv[3:] or KINDS:
        with tempfile.TemporaryDirectory() as name:
            ended, examples = campaign(kind, count, seed, Path(name))
        print(kind, flush=True)
        for how, times in ended.most_common():
            print(f"{times:8}  {how}" + (f"   (number {examples[how]})" if how in examples else ""), flush=True)


if __name__ == "__main__":
    main()
