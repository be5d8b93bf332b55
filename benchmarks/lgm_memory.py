"""Does memory grow with the classes? One step of 1000 classes x 10 views against one of 20 x 10, in the same chunks."""

import json
import time
from pathlib import Path
from typing import Any

import torch
from lgm_contenders import MODES, RESULTS, Ours, Setting, build, table_of, with_mode
from lgm_step import device_name
from live import Live, cuda_peak

from matchzoo.core.step import Step
from matchzoo.core.storage import files

STORE = RESULTS / "lgm-memory.json"
CLASSES, VIEWS, CHUNK, ROWS = (20, 1000), 10, 64, 10
NAMES = ("class means", "cache, k = 1", "SFM")  # not CLP: its system of n x n equations grows as it must
BUDGET = "budget about 10 CPU minutes on one thread, 2 GiB"
LIMIT = 1.2


def shapes(learner: Ours, features: int) -> dict[tuple[int, ...], int]:
    """What does not count: features [n, d] and d(loss)/d(features); gradient and Adam's two means of every level."""
    found = {(learner.training.rows, features): 2}
    for level in learner.training.parts.generator.parameters():
        found[tuple(level.shape)] = found.get(tuple(level.shape), 0) + 3
    return found


def measure(name: str, classes: int, device: str, folder: Path) -> dict[str, Any]:
    """Bytes of the fullest moment of a step, images, optimizer's state and features left out."""
    setting = Setting("vit_tiny_patch16_224", 64, classes, VIEWS, features=192, data="noise", rows=ROWS)
    mode = MODES[name]
    learner, parts = build(with_mode(table_of(setting, folder, device), mode), mode)
    assert isinstance(learner, Ours)
    learner.training.chunk = CHUNK
    learner.prepare()
    place = parts.projector.mean.device
    number = 50 * len(parts.generator.sizes) + 1  # the pyramid is whole
    learner.training.before_step(Step(number, 0))
    if place.type == "cuda":
        whole = cuda_peak(place, lambda: learner.step(number))
        free = sum(4 * count * torch.Size(shape).numel() for shape, count in shapes(learner, 192).items())
        return {"bytes": whole - free, "whole": whole}
    with Live(shapes(learner, 192)) as live:
        learner.step(number)
    return {"bytes": live.peak, "whole": live.whole}


def run(device: str, folder: Path, names: tuple[str, ...] = NAMES) -> None:
    """Every real side, small and large; written after each."""
    place = device_name(torch.device(device))
    print(f"{', '.join(names)} at {CLASSES[1]} and {CLASSES[0]} classes; {BUDGET}")
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    for name in names:
        began = time.process_time()
        small, large = (measure(name, classes, device, folder) for classes in CLASSES)
        ratio = large["bytes"] / small["bytes"]
        found = {"small": small, "large": large, "ratio": ratio, "torch": torch.__version__}
        stored.setdefault(place, {})[name] = found
        files.write_json(STORE, stored)
        print(f"{row(name, place, found)}   {time.process_time() - began:.0f} s", flush=True)


HEAD = ("device", "real side", f"MiB at {CLASSES[0]} x {VIEWS}", f"MiB at {CLASSES[1]} x {VIEWS}", "ratio", "")


def row(name: str, place: str, found: dict[str, Any]) -> tuple[str, ...]:
    sizes = [f"{found[key]['bytes'] / 2**20:.0f}" for key in ("small", "large")]
    held = "" if found["ratio"] <= LIMIT else f"above {LIMIT}"
    return (place, name, *sizes, f"{found['ratio']:.2f}", held)


def rows() -> list[tuple[str, ...]]:
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
    return [row(name, place, found) for place, modes in stored.items() for name, found in modes.items()]
