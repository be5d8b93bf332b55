"""The time and the memory of one step: textbook and ours, interleaved in one run."""

import gc
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lgm_contenders import CUDA, MODES, RESULTS, SETTINGS, Learner, Setting, build, table_of, with_mode
from live import Live, cuda_peak, kept
from torch.utils.flop_counter import FlopCounterMode

from matchzoo.training.composition import Composition

STORE = RESULTS / "lgm-step.jsonl"
NAMES = (
    "textbook",
    "textbook, frozen",
    "network alone",
    "online",
    "cache, k = 1",
    "cache, k = 1, chunk 1/2",
    "cache, k = 1, chunk 1/4",
    "class means, bare loop",
    "class means",
    "class means, one view",
    "SFM",
    "SFM, one view",
    "CLP",
)
COMPILED = "cache, k = 1, compiled"
"""On a GPU only; on one CPU thread it pays for some networks and costs for others."""
PAIRS = 5
GUESS = {"vit-tiny": 400, "vit-base": 700, "lite0": 120, "mobilenetv2": 120, "vit-b14": 200, "vit-b16": 160}
"""Seconds for all of a backbone."""


def seconds(device: torch.device) -> float:
    """Processor time of this process; on a GPU the time when it has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return time.perf_counter()
    return time.process_time()


def device_name(device: torch.device) -> str:
    """What tables call it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    model = "CPU"
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    return f"{model}, {torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}"


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP a second of a large matrix product: the best of five."""
    n, times = (8192, 10) if device.type == "cuda" else (1536 if dtype == torch.float32 else 256, 1)
    a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    best = 0.0
    for _ in range(6):
        began = seconds(device)
        for _ in range(times):
            a @ b
        best = max(best, times * 2 * n**3 / (seconds(device) - began))
    return best


def memory(learner: Learner, number: int, device: torch.device) -> dict[str, int]:
    """Bytes of one step: the most at once and, on a CPU, what graphs keep of it.

    The weights, images, features that are stored and the optimizer's state were there before, and do not count.
    """
    if device.type == "cuda":
        return {"peak": cuda_peak(device, lambda: learner.step(number))}
    with kept(learner.there()) as told, Live() as live:
        learner.step(number)
    return {"peak": live.whole, "kept": told["peak"]}


def built(table: dict[str, Any], names: Sequence[str]) -> tuple[dict[str, Learner], Composition]:
    """Learners that are ready to step and share one frozen network (the textbook has its own), and parts of one."""
    learners: dict[str, Learner] = {}
    network = None
    for name in names:
        mode = MODES[name]
        learners[name], parts = build(with_mode(table, mode), mode, network)
        learners[name].prepare()
        network = network or parts.projector.network
    return learners, parts


def first_step(table: dict[str, Any], parts: Composition) -> int:
    """The number of a step at which the pyramid is whole."""
    return int(table["generator"]["grow_every"]) * len(parts.generator.sizes) + 1


def interleaved(
    learners: dict[str, Learner], pairs: int, block: int, number: int, place: torch.device
) -> dict[str, list[float]]:
    """Seconds a step of every learner in each of ``pairs`` rounds of blocks, from a step's number on."""
    took: dict[str, list[float]] = {name: [] for name in learners}
    for pair in range(pairs + 1):
        for name in learners if pair % 2 else reversed(learners):
            began = seconds(place)
            for i in range(block):
                learners[name].step(number + i)
            if pair:  # the first warms up
                took[name].append((seconds(place) - began) / block)
        number += block
    return took


def measure(backbone: str, device: str, folder: Path, pairs: int, names: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """All modes on one backbone; writes nothing."""
    setting: Setting = (CUDA if device.startswith("cuda") else SETTINGS)[backbone]
    table = table_of(setting, folder, device)
    if device.startswith("cuda"):
        names = (*names, COMPILED)
    learners, parts = built(table, names)
    place = parts.projector.mean.device
    start = first_step(table, parts)
    took = interleaved(learners, pairs, setting.block, start, place)
    number = start + (pairs + 1) * setting.block
    rate = matrix_rate(place, torch.bfloat16 if setting.precision == "bfloat16" else torch.float32)
    found: dict[str, Any] = {
        "backbone": backbone,
        "device": device_name(place),
        "precision": setting.precision,
        "size": setting.size,
        "classes": setting.classes,
        "views": setting.views,
        "pairs": pairs,
        "block": setting.block,
        "torch": torch.__version__,
        "matrix_rate": rate,
        "modes": {},
    }
    gc.collect()
    for name in names:
        found["modes"][name] = {"seconds": took[name], **memory(learners[name], number, place)}
    if "cache, k = 1" in learners:
        with FlopCounterMode(display=False) as counter:
            learners["cache, k = 1"].step(number)
        for name in {"cache, k = 1", COMPILED} & set(learners):
            found["modes"][name]["flop"] = counter.get_total_flops()
    return found


def run(backbones: list[str], device: str, folder: Path, pairs: int, again: bool) -> None:
    """Every backbone that is not measured yet on this device, one line each."""
    known = CUDA if device.startswith("cuda") else SETTINGS
    chosen = backbones or list(known)
    wrong = [name for name in chosen if name not in known]
    if wrong:
        raise SystemExit(f"unknown backbone {wrong[0]} on {device}: expected some of {', '.join(known)}")
    done = {line["backbone"] for line in read(STORE) if line["device"] == device_name(torch.device(device))}
    left = [name for name in chosen if again or name not in done]
    print(f"to do: {', '.join(left) or 'nothing'}; budget about {sum(GUESS[name] for name in left) / 60:.0f} minutes")
    for name in left:
        found = measure(name, device, folder, pairs)
        lines = [line for line in read(STORE) if (line["backbone"], line["device"]) != (name, found["device"])]
        write(STORE, [*lines, found])
        for row in rows([found]):
            print("  ".join(f"{cell:>10}" if i else f"{cell:26}" for i, cell in enumerate(row)), flush=True)


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of results; none if there is no file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    from matchzoo.core.storage import files

    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, "".join(json.dumps(line) + "\n" for line in lines))


def compared(own: list[float], other: list[float], digits: int = 2) -> str:
    """How many times as long the other takes: the median of pairs, with quartiles."""
    ratios = [b / a for a, b in zip(own, other, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


HEAD = ("backbone, device", "mode", "s a step", "textbook / it", "peak MiB", "kept MiB", "of matrix rate")


def rows(lines: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """A row a mode."""
    made = []
    for line in lines:
        what = f"{line['backbone']}, {line['classes']} x {line['views']} at {line['size']} px, {line['precision']}"
        for name, mode in line["modes"].items():
            middle = statistics.median(mode["seconds"])
            share = f"{mode['flop'] / middle / line['matrix_rate']:.0%}" if "flop" in mode else ""
            kept_mib = f"{mode['kept'] / 2**20:.0f}" if "kept" in mode else ""
            ratio = compared(mode["seconds"], line["modes"]["textbook"]["seconds"])
            cells = (name, f"{middle:.3f}", ratio, f"{mode['peak'] / 2**20:.0f}", kept_mib, share)
            made.append((f"{what}; {line['device']}", *cells))
    return made


ADDED = RESULTS / "lgm-overhead.jsonl"
ADDED_HEAD = ("backbone, device", "views", "bare loop, ms", "trainer / it", "pairs")
ADDED_PAIRS = 40


def overhead(backbones: list[str], device: str, folder: Path, pairs: int) -> None:
    """How much longer the trainer takes than the bare loop of the same arithmetic, step by step."""
    place = device_name(torch.device(device))
    chosen = backbones or ["lite0"]
    print(f"{', '.join(chosen)}: {pairs} pairs of single steps, budget about {len(chosen) * pairs * 0.05:.0f} minutes")
    for backbone in chosen:
        table = table_of((CUDA if device.startswith("cuda") else SETTINGS)[backbone], folder, device)
        for name in ("class means", "class means, one view"):
            names = (f"{name}, bare loop", name)
            learners, parts = built(table, names)
            took = interleaved(learners, pairs, 1, first_step(table, parts), parts.projector.mean.device)
            views = 1 if "one view" in name else table["views"]["copies"]
            found = {"backbone": backbone, "device": place, "views": views, "bare": took[names[0]], "ours": took[name]}
            key = [found[k] for k in ("backbone", "device", "views")]
            others = [line for line in read(ADDED) if [line[k] for k in ("backbone", "device", "views")] != key]
            write(ADDED, [*others, found])
            print("  ".join(added([found])[0]), flush=True)


def added(lines: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """A row a line of ``lgm-overhead.jsonl``."""
    return [
        (
            f"{line['backbone']}; {line['device']}",
            str(line["views"]),
            f"{1000 * statistics.median(line['bare']):.0f}",
            compared(line["bare"], line["ours"], 3),
            str(len(line["bare"])),
        )
        for line in lines
    ]
