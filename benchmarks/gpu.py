"""What pays on a GPU: weights in bfloat16, torch.compile, CUDA graphs, resampling by matrix products, all classes at
once, blocks that are copied while others are computed; and the tests that need one.

    python benchmarks/gpu.py                    on a CUDA device, at most eight minutes
    python benchmarks/gpu.py --device cpu       the same code at a small size, to see that it runs; nothing is stored
    python benchmarks/gpu.py table              what is stored, as Markdown

A ViT-B/16 with random weights, 100 images x 3 views at 224 px, linear gradient matching with a cache; and the gradient
of a ConvNet's loss class by class. Times are of host and device together, means of five after two that warm up. Results
are in ``results/gpu.json``, by device.
"""

import argparse
import copy
import datetime
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from lgm_contenders import CUDA, MODES, OUTPUT, RESULTS, Setting, build, table_of, with_mode
from lgm_step import device_name, first_step, matrix_rate
from torch.utils.flop_counter import FlopCounterMode

from matchzoo.core.numerics.resampling import frames, stretched
from matchzoo.core.storage import files
from matchzoo.core.storage.cache import VARIABLE
from matchzoo.matchers.statistics.gradients.network_gradient import network_gradient
from matchzoo.models.networks import ConvNet
from matchzoo.projectors import Backbone

STORE = RESULTS / "gpu.json"
TESTS = ("-m", "gpu", "-q", "-p", "no:cacheprovider", "tests/project/test_gpu.py")
LIMIT = 240
"""Seconds that the tests may take."""
SMALL = Setting("vit_tiny_patch16_224", 32, 2, 2, features=192, data="noise", rows=4, precision="bfloat16")
CLASSES = 10


def interpolated(images: torch.Tensor, size: int) -> torch.Tensor:
    return F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)


def sampled(images: torch.Tensor, left, top, width, height, flipped, size) -> torch.Tensor:
    theta = torch.zeros(len(images), 2, 3, device=images.device)
    theta[:, 0, 0], theta[:, 0, 2] = width * (1 - 2 * flipped), 2 * left + width - 1
    theta[:, 1, 1], theta[:, 1, 2] = height, 2 * top + height - 1
    grid = F.affine_grid(theta, [len(images), images.shape[1], *size], align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


class Times:
    """Milliseconds by name, printed as they come."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.found = device, {}

    def wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def take(self, name: str, call: Callable[[], object], times: int = 5) -> None:
        for _ in range(2):
            call()
        self.wait()
        began = time.perf_counter()
        for _ in range(times):
            call()
        self.wait()
        self.found[name] = 1000 * (time.perf_counter() - began) / times
        print(f"{name:55} {self.found[name]:8.2f} ms", flush=True)


def steps(times: Times, setting: Setting, folder: Path, compiling: bool) -> Backbone:
    """Whole steps; returns the backbone."""
    table = table_of(setting, folder, times.device.type)
    for name in ("cache, k = 1", "cache, k = 1, compiled") if compiling else ("cache, k = 1",):
        learner, parts = build(with_mode(table, MODES[name]), MODES[name])
        began = time.perf_counter()
        learner.prepare()
        number = first_step(table, parts)
        learner.step(number)
        times.wait()
        times.found[f"{name}: until the first step"] = 1000 * (time.perf_counter() - began)
        times.take("a step" + ", compiled" * name.endswith("compiled"), lambda: learner.step(number))  # noqa: B023
    return parts.projector


def resampling(times: Times, setting: Setting) -> None:
    """Pyramids and crops, by torch's kernels and by matrix products."""
    device, images, side = times.device, setting.classes, setting.size
    sizes = [2**i for i in range(8) if 2**i < side]
    levels = [torch.rand(images, 3, n, n, device=device, requires_grad=True) for n in sizes]
    incoming = torch.rand(images, 3, side, side, device=device)
    for name, enlarge in (("torch's interpolate", interpolated), ("products", stretched)):

        def both_ways(enlarge: Callable = enlarge) -> None:
            torch.autograd.grad(sum(enlarge(level, side) for level in levels), levels, incoming)

        times.take(f"pyramid enlarged and back, {name}", both_ways)

    pixels = torch.rand(images, 3, side, side, device=device, requires_grad=True)
    plan = torch.rand(5, images, device=device)
    plan[4] = (plan[4] < 0.5).float()
    plan[2:4] = 0.3 + 0.7 * plan[2:4]
    plan[:2] *= 1 - plan[2:4]
    for name, crop in (("torch's grid_sample", sampled), ("products", frames)):

        def cropped(crop: Callable = crop) -> None:
            torch.autograd.grad(crop(pixels, *plan, (side, side)), pixels, incoming)

        times.take(f"crops and back, {name}", cropped)


def passes(times: Times, setting: Setting, backbone: Backbone, compiling: bool) -> float:
    """The synthetic views through the backbone and back to their pixels; returns the FLOP of it."""
    device, side = times.device, setting.size
    x = torch.rand(setting.classes * setting.views, 3, side, side, device=device, requires_grad=True)
    arriving = torch.rand(len(x), setting.features or 768, device=device)
    wide = copy.deepcopy(backbone)
    wide.network.float()

    def autocast() -> None:
        with torch.autocast(device.type, torch.bfloat16):
            features = wide.project(x)
        torch.autograd.grad(features.float(), x, arriving)

    def narrow() -> None:
        torch.autograd.grad(backbone.project(x), x, arriving)

    times.take("synthetic pass, autocast", autocast)
    times.take("synthetic pass, weights in bfloat16", narrow)
    with FlopCounterMode(display=False) as counter:
        narrow()
    if compiling:
        for mode in ("default", "reduce-overhead"):  # the latter with CUDA graphs
            backbone.compile(mode=mode)
            times.take(f"synthetic pass, weights in bfloat16, compiled, {mode}", narrow)
        backbone._compiled = None
    if device.type == "cuda":
        pixels = x.detach().bfloat16().requires_grad_()
        graphed = torch.cuda.make_graphed_callables(copy.deepcopy(backbone.network), (pixels,))

        def replayed() -> None:
            torch.autograd.grad(graphed(pixels).float(), pixels, arriving)

        times.take("synthetic pass, weights in bfloat16, a CUDA graph", replayed)
    return float(counter.get_total_flops())


def groups(times: Times, small: bool) -> None:
    """The gradient of a network's loss on every class."""
    network = ConvNet()
    network.build((1, 28, 28), (CLASSES,), torch.Generator().manual_seed(0))
    network.to(times.device)
    for each, synthetic in ((1, True), (2, False)) if small else ((1, True), (10, True), (32, False), (256, False)):
        x = torch.rand(CLASSES, each, 1, 28, 28, device=times.device, requires_grad=synthetic)
        y = torch.arange(CLASSES, device=times.device)[:, None].expand(CLASSES, each).contiguous()

        def loop(x: torch.Tensor = x, y: torch.Tensor = y) -> torch.Tensor:
            return torch.stack([network_gradient(network, a, b) for a, b in zip(x, y, strict=True)])

        def at_once(x: torch.Tensor = x, y: torch.Tensor = y) -> torch.Tensor:
            return torch.vmap(lambda a, b: network_gradient(network, a, b))(x, y)

        for name, measure in (("loop", loop), ("at once", at_once)):

            def call(measure: Callable = measure, x: torch.Tensor = x, synthetic: bool = synthetic) -> None:
                with torch.set_grad_enabled(synthetic):
                    gradients = measure()
                if synthetic:
                    torch.autograd.grad(gradients.square().sum(), x)

            times.take(f"{each} {'synthetic' if synthetic else 'real'} a class, {name}", call)


def blocks(times: Times, folder: Path, rows: int) -> None:
    """Half-precision features of a file on disk, by blocks: copied and multiplied in turn, or one while the other."""
    device, width, path = times.device, 768, folder / "features.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    features = torch.from_file(str(path), shared=True, size=rows * width, dtype=torch.float16).view(rows, width)
    features.copy_(torch.rand(rows, 1).half())
    weight = torch.rand(width, 1000, device=device, dtype=torch.float16)

    def in_turn() -> None:
        for block in features.split(16384):
            block.to(device) @ weight

    def overlapping() -> None:
        side = torch.cuda.Stream()
        copied: list[tuple[torch.Tensor, torch.cuda.Event]] = []
        for block in (*features.split(16384), None):
            if block is not None:
                with torch.cuda.stream(side):
                    copied.append((block.pin_memory().to(device, non_blocking=True), side.record_event()))
            if len(copied) > 1 or block is None:
                here, event = copied.pop(0)
                torch.cuda.current_stream().wait_event(event)
                here.record_stream(torch.cuda.current_stream())
                here @ weight

    times.take("features by blocks, in turn", in_turn)
    if device.type == "cuda":
        times.take("features by blocks, copied meanwhile", overlapping)
    path.unlink()


def tests(device: str) -> dict[str, int]:
    """Passed, failed and skipped tests that need a GPU."""
    here, names = Path(__file__).parent.parent, ("passed", "failed", "skipped", "error")
    environment = {**os.environ, "MATCHZOO_TEST_DEVICE": device}
    command = [sys.executable, "-m", "pytest", *TESTS, *(("-k", "gram or lgm") if device == "cpu" else ())]
    try:
        said = subprocess.run(
            command, cwd=here, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
        ).stdout
    except subprocess.TimeoutExpired as late:
        said = late.stdout.decode() if isinstance(late.stdout, bytes) else str(late.stdout)
    print(said[-3000:])
    counts = {name: re.search(rf"(\d+) {name}", said) for name in names}
    return {name: int(match[1]) for name, match in counts.items() if match}


def measure(kind: str) -> None:
    small, compiling = kind == "cpu", kind == "cuda"
    if not small and not torch.cuda.is_available():
        raise SystemExit("needs a CUDA device, and there is none here; --device cpu runs the same code at a small size")
    torch.set_num_threads(1)
    os.environ.setdefault(VARIABLE, str(OUTPUT / "cache"))
    device = torch.device(kind)
    times, setting = Times(device), SMALL if small else CUDA["vit-b16"]
    record: dict[str, Any] = {"date": str(datetime.date.today()), "torch": torch.__version__}

    def keep() -> None:
        record["milliseconds"] = times.found
        if not small:
            stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
            files.write_json(STORE, {**stored, device_name(device): record})

    record["matrix_rate"] = matrix_rate(device, torch.bfloat16)
    print(f"matrix products: {record['matrix_rate'] / 1e12:.2f} TFLOP/s in bfloat16")
    backbone = steps(times, setting, OUTPUT, compiling)
    keep()
    record["flop"] = passes(times, setting, backbone, compiling)
    keep()
    resampling(times, setting)
    groups(times, small)
    blocks(times, OUTPUT, 2048 if small else 262_144)
    keep()
    record["tests"] = tests(kind)
    keep()


def table() -> None:
    """What is stored of every device."""
    for name, record in json.loads(STORE.read_text(encoding="utf-8")).items():
        rate = f"{record['matrix_rate'] / 1e12:.0f} TFLOP/s in bfloat16"
        print(f"\n{name}, torch {record['torch']}, {rate}; tests: {record.get('tests', 'not recorded')}\n")
        print("| what | ms | of the matrix rate |\n| --- | --- | --- |")
        for what, milliseconds in record["milliseconds"].items():
            share = record.get("flop", 0) / record["matrix_rate"] / milliseconds * 1e5
            part = f"{share:.0f} %" if share and what.startswith(("a step", "synthetic pass")) else ""
            print(f"| {what} | {milliseconds:.1f} | {part} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "table"], default="measure")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    given = parser.parse_args()
    table() if given.what == "table" else measure(given.device)
