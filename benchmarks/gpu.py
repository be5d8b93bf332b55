"""What pays on a GPU: resampling by matrix products, bfloat16 weights, torch.compile, all classes at once.

    python benchmarks/gpu.py        (a minute; needs a CUDA device)

A ViT-B/16 with random weights, 100 images x 3 views at 224 px, linear gradient matching with a cache; and the gradient
of a ConvNet's loss class by class. Times are of host and device together, means of five after two that warm up.
"""

import copy
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from lgm_contenders import CUDA, MODES, OUTPUT, RESULTS, build, table_of, with_mode
from lgm_step import device_name, first_step, matrix_rate

import matchzoo.data.views.views
import matchzoo.generators.pyramid
from matchzoo.core.numerics.resampling import frames, stretched
from matchzoo.core.storage import files
from matchzoo.core.storage.cache import VARIABLE
from matchzoo.matchers.statistics.gradients.network_gradient import network_gradient
from matchzoo.models.networks import ConvNet

STORE = RESULTS / "gpu.json"
IMAGES, VIEWS, SIDE, CLASSES = 100, 3, 224, 10


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

    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def take(self, name: str, call: Callable[[], object], times: int = 5) -> None:
        for _ in range(2):
            call()
        torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(times):
            call()
        torch.cuda.synchronize()
        self.found[name] = 1000 * (time.perf_counter() - began) / times
        print(f"{name:45} {self.found[name]:8.2f} ms", flush=True)


def steps(times: Times, folder: Path) -> None:
    """A step and what it is made of."""
    table = table_of(CUDA["vit-b16"], folder, "cuda")
    learners = {}
    for name in ("cache, k = 1", "cache, k = 1, compiled"):
        learners[name], parts = build(with_mode(table, MODES[name]), MODES[name])
        learners[name].prepare()
    plain, number = learners["cache, k = 1"], first_step(table, parts)
    times.take("step", lambda: plain.step(number))
    matchzoo.generators.pyramid.enlarge = interpolated
    times.take("step, torch's interpolate", lambda: plain.step(number))
    matchzoo.generators.pyramid.enlarge = matchzoo.core.numerics.resampling.enlarge
    matchzoo.data.views.views.frames = sampled
    times.take("step, torch's grid_sample", lambda: plain.step(number))
    matchzoo.data.views.views.frames = frames
    times.take("step, compiled", lambda: learners["cache, k = 1, compiled"].step(number))

    levels = [torch.rand(IMAGES, 3, 2**i, 2**i, device="cuda", requires_grad=True) for i in range(8)]
    incoming = torch.rand(IMAGES, 3, SIDE, SIDE, device="cuda")
    for name, enlarge in (("torch's interpolate", interpolated), ("products", stretched)):

        def both_ways(enlarge: Callable = enlarge) -> None:
            torch.autograd.grad(sum(enlarge(level, SIDE) for level in levels), levels, incoming)

        times.take(f"8 levels enlarged, {name}", both_ways)

    x = torch.rand(IMAGES * VIEWS, 3, SIDE, SIDE, device="cuda", requires_grad=True)
    arriving = torch.rand(len(x), parts.spec.features or 768, device="cuda")
    backbone = parts.projector

    def autocast() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            features = backbone.project(x)
        torch.autograd.grad(features.float(), x, arriving)

    times.take("synthetic pass of the backbone, autocast", autocast)
    half = copy.deepcopy(backbone.network).bfloat16()
    for name, network in (("bfloat16 weights", half), ("bfloat16 weights, compiled", torch.compile(half))):

        def narrow(network: Callable = network) -> None:
            features = network(((x - backbone.mean) / backbone.std).bfloat16())
            torch.autograd.grad(features.float(), x, arriving)

        times.take(f"synthetic pass of the backbone, {name}", narrow)


def groups(times: Times) -> None:
    """The gradient of a network's loss on every class."""
    network = ConvNet()
    network.build((1, 28, 28), (CLASSES,), torch.Generator().manual_seed(0))
    network.cuda()
    for each, synthetic in ((1, True), (10, True), (32, False), (256, False)):
        x = torch.rand(CLASSES, each, 1, 28, 28, device="cuda", requires_grad=synthetic)
        y = torch.arange(CLASSES, device="cuda")[:, None].expand(CLASSES, each).contiguous()

        def loop(x: torch.Tensor = x, y: torch.Tensor = y) -> torch.Tensor:
            return torch.stack([network_gradient(network, a, b) for a, b in zip(x, y, strict=True)])

        def at_once(x: torch.Tensor = x, y: torch.Tensor = y) -> torch.Tensor:
            return torch.vmap(lambda a, b: network_gradient(network, a, b))(x, y)

        for name, measure in (("loop", loop), ("at once", at_once)):

            def call(measure: Callable = measure, x: torch.Tensor = x, synthetic: bool = synthetic) -> None:
                with torch.set_grad_enabled(synthetic):
                    found = measure()
                if synthetic:
                    torch.autograd.grad(found.square().sum(), x)

            times.take(f"{each} {'synthetic' if synthetic else 'real'} a class, {name}", call)


def main() -> None:
    if not torch.cuda.is_available():
        raise SystemExit("needs a CUDA device, and there is none here")
    torch.set_num_threads(1)
    os.environ.setdefault(VARIABLE, str(OUTPUT / "cache"))
    times, device = Times(), torch.device("cuda")
    steps(times, OUTPUT)
    groups(times)
    rate = matrix_rate(device, torch.bfloat16)
    print(f"matrix products: {rate / 1e12:.0f} TFLOP/s in bfloat16")
    files.write_json(
        STORE, {device_name(device): {"torch": torch.__version__, "matrix_rate": rate, "milliseconds": times.found}}
    )


if __name__ == "__main__":
    main()
