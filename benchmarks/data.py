"""A folder of many small images: the first scan, opening it again, and how much memory that takes.

    python benchmarks/data.py        (budget: 5 CPU minutes on one thread)

100 000 PNGs of 16x16 pixels in 10 classes are made in a temporary folder. Each measurement is a process of its own; its
peak memory is that of the whole process, less what it takes to import matchzoo and torch. "mapped" lowers the budget to
16 MiB, so that the training part (58 MiB) stays on disk while the test part (15 MiB) is held, and then reads 200
batches of 500 rows. Mapped pages that were read count as the memory of a process, although the system may drop them;
what is left is the listing, about 0.5 KiB a file while the data are opened.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from matchzoo.core.storage import files

CLASSES = 10
CHILD = """
import json, resource, sys, time
import torch
torch.set_num_threads(1)
from matchzoo.data import ImageFolder
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
began = time.perf_counter()
data = ImageFolder(path=sys.argv[1], size=16)
facts = data.build(0)
seconds = time.perf_counter() - began
opened = peak()
began = time.perf_counter()
total = 0.0
for i in range(200):
    rng = torch.Generator().manual_seed(i)
    total += data.render(data.draw(500, rng)).values.double().sum().item()
print(json.dumps({
    "images": facts.count + len(data.test_set), "mapped": data.training_set.mapped, "seconds": seconds,
    "peak_mib_above_imports": opened - before, "batches_ms": (time.perf_counter() - began) * 5,
    "peak_mib_above_imports_after_batches": peak() - before, "imports_mib": before, "sum": total,
}))
"""


def make(root: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    for label in range(CLASSES):
        (root / f"class {label}").mkdir(parents=True)
        for i in range(count // CLASSES):
            pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / f"class {label}" / f"{i:06}.png", compress_level=1)


def measure(root: Path, cache: Path, mebibytes: int) -> tuple[dict, str]:
    environment = os.environ | {"MATCHZOO_CACHE": str(cache), "MATCHZOO_MEMORY": str(mebibytes), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(root)], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout), done.stderr


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100_000)
    count = parser.parse_args().images
    results: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder) / "pictures", Path(folder) / "cache"
        began = time.perf_counter()
        make(root, count)
        print(f"made {count} images in {time.perf_counter() - began:.0f} s")
        cases = (("first scan, mapped", 16), ("reopened, mapped", 16), ("reopened, in memory", 1024))
        for name, mebibytes in cases:
            results[name], said = measure(root, cache, mebibytes)
            results[name]["progress_lines"] = said.count("images/s")
            r = results[name]
            print(
                f"{name:20} {r['seconds']:6.1f} s, {r['peak_mib_above_imports']:4.0f} MiB above imports; batch of 500: "
                f"{r['batches_ms']:.2f} ms, {r['peak_mib_above_imports_after_batches']:.0f} MiB"
            )
    assert len({r["sum"] for r in results.values()}) == 1, "mapped and in memory differ"
    (Path(__file__).parent / "results").mkdir(exist_ok=True)
    files.write_json(Path(__file__).parent / "results/data.json", results)


if __name__ == "__main__":
    main()
