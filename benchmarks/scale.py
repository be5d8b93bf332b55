"""Linear gradient matching at the size of ImageNet, on random features and images: time and memory.

    python benchmarks/scale.py            measure what is missing (it prints what each costs), then print the tables
    python benchmarks/scale.py table

*Features*: a step's real side from 1.28 million cached features of 768 numbers in half precision, a file of 2 GB that
is mapped into memory (written under ``--output`` and deleted afterwards). The time of the exact full-data gradient of a
head is compared with that of its two products of matrices, block by block, in the precision in which ours computes.
*Line*: seconds of a step of class means on a ViT-Tiny at 32 pixels, for several numbers of classes, images per class and
views. *Images*: 1000 classes x 50 images are planned, and two steps of them are run. One thread; nothing is trained to
be good. What was measured is in ``benchmarks/results/scale.json``.
"""

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lgm_contenders import MODES, Ours, Setting, build, table_of, with_mode
from live import Live
from seeds import Results, command

from matchzoo.core.showing.text import markdown
from matchzoo.core.storage import files
from matchzoo.matchers.induced_probe import probe_loss
from matchzoo.matchers.reference import weighted_class_means
from matchzoo.matchers.statistics import class_means, head_gradient, statistical_flow
from matchzoo.matchers.statistics.gradients import head_gradient as head_gradient_module
from matchzoo.recipes.planning import plan

STORE = Results("scale")
COUNT, FEATURES, CLASSES = 1_280_000, 768, 1000
FEATURE_ROWS = ("head gradient", "class means", "statistical flow", "class-means reference", "linear probe (CLP)")
GRID = ((20, 2, 1), (40, 2, 1), (80, 2, 1), (20, 8, 1), (20, 2, 4), (40, 4, 2), (80, 4, 2), (40, 10, 3))
"""Classes, images per class and views."""
IPC, CHUNK = 50, 250
"""Images per class of the large run, and rows that have a graph at once."""
EVERY = 50
"""Steps between the levels of the pyramid."""


def mapped(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Random features [n, 768] in float16 of a file that is mapped into memory, with labels [n]."""
    path = folder / "features.npy"
    if not path.is_file():
        rng = np.random.default_rng(0)
        folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        with temporary.open("wb") as stream:
            np.lib.format.write_array_header_1_0(
                stream, {"descr": "<f2", "fortran_order": False, "shape": (COUNT, FEATURES)}
            )
            for start in range(0, COUNT, 2**14):
                rows = min(2**14, COUNT - start)
                stream.write(rng.standard_normal((rows, FEATURES), dtype=np.float32).astype("<f2").tobytes())
        temporary.rename(path)
    values = np.lib.format.open_memmap(path, mode="r")
    with files.quiet_mapping() if hasattr(files, "quiet_mapping") else _quiet():
        features = torch.from_numpy(values)
    return features, torch.arange(COUNT) % CLASSES
