"""Figures of the explanation pages, from synthetic data and scikit-learn's digits.

python benchmarks/figures.py [NAME ...]        (two minutes on one CPU thread)

Every figure is a function that returns it; docs/pictures holds what they drew. Numbers that a page says are printed.
Pages show at most 8.4 inches at 100 pixels an inch, so no text is smaller than 8 points, which are 11 pixels.
"""

import argparse
import time
from pathlib import Path

import matplotlib
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data import Digits, GaussianClasses, Ring, Shifted, Sinc, TwoMoons
from matchzoo.data.shifts import (
    Affine,
    Background,
    Blurred,
    Contrast,
    Inverted,
    Noisy,
    Rotated,
    Shift,
    Thick,
)
from matchzoo.matchers.distance import cosine_distance
from matchzoo.matchers.mmd import mmd2
from matchzoo.matchers.statistics.class_means import class_means
from matchzoo.matchers.statistics.gradients.head_gradient import head_gradient
from matchzoo.matchers.statistics.statistical_flow import statistical_flow
from matchzoo.models.networks import MLP
from matchzoo.projectors import Learned
from matchzoo.ratios import KernelMeanMatching
from matchzoo.ratios.of_tables import estimate

PICTURES = Path(__file__).parent.parent / "docs/pictures"
matplotlib.rcParams["font.size"] = 9
REAL, SYNTHETIC, THIRD = "#1f77b4", "#d95f02", "#4d9a4d"


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """The training half of the digits as vectors [899, 64] in [0, 1], and their labels [899]."""
    split = Digits(size=8, channels=1).load().train.all()
    return split.values.flatten(1), split.labels


def ten(values: torch.Tensor, labels: torch.Tensor, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """One sample of each of ten classes, drawn at random."""
    rng = torch.Generator().manual_seed(seed)
    rows = [torch.nonzero(labels == c).flatten() for c in range(10)]
    chosen = torch.stack([row[torch.randint(len(row), (), generator=rng)] for row in rows])
    return values[chosen], labels[chosen]


def abstractions() -> Figure:
    """What each of the four makes of a ring of eight Gaussians and of points that do not match it yet."""
    rng = torch.Generator().manual_seed(0)
    ring = Ring()
    ring.build(0)
    real = ring.render(ring.draw(400, rng)).values
    synthetic = 0.9 * torch.randn(400, 2, generator=rng) + torch.tensor([0.8, 0.3])
    torch.manual_seed(0)
    projector = Learned(features=2, network=MLP(widths=(100, 100)))
    projector.build(Spec(shape=(2,), seed=0))
    with torch.no_grad():
        p, q = (Samples(projector.project(x)) for x in (real, synthetic))
        estimator = KernelMeanMatching(bandwidths=("median",), ridge=1e-2)
        ratio = estimator.fit(p, q, Step(0, 0)).denominator
        shifts = torch.linspace(0, 1, 21)
        towards = synthetic[torch.randperm(400, generator=rng)]
        mixed = [torch.cat([real[: int(400 * s)], towards[int(400 * s) :]]) for s in shifts]
        mmd = [float(mmd2(p.values, projector.project(x), ("median",))) for x in mixed]
    figure = Figure(figsize=(8.4, 2.9), layout="constrained")
    axes = figure.subplots(1, 4)
    for axis, (a, b) in zip(axes[:2], ((real, synthetic), (p.values, q.values)), strict=True):
        axis.scatter(*a.T, s=4, color=REAL, label="real")
        axis.scatter(*b.T, s=4, color=SYNTHETIC, label="synthetic")
    axes[0].legend(loc="lower left", fontsize=8, markerscale=2)
    drawn = axes[2].scatter(*q.values.T, s=6, c=ratio.clamp_min(0), cmap="viridis")
    figure.colorbar(drawn, ax=axes[2], shrink=0.8)
    axes[3].plot(100 * shifts, mmd, color=THIRD)
    axes[3].set(xlabel="% of the samples that are real", ylim=(0, None))
    titles = ("Generator: samples", "Projector: features", "RatioEstimator: p/q", "Matcher: MMD²")
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title)
    for axis in axes[:3]:
        axis.set(xticks=[], yticks=[])
    return figure


def statistics() -> Figure:
    """Three statistics of the same sets: 899 digits, ten random ones and the ten class means."""
    values, labels = digits()
    weight = 0.01 * torch.randn(10, 64, generator=torch.Generator().manual_seed(0))
    kinds = {
        "class centers": lambda z, y: class_means(z, y, 10),
        "flows": lambda z, y: statistical_flow(z, y, 10),
        "head gradient": lambda z, y: head_gradient(z, y, weight, torch.zeros(10)),
    }
    sets = {
        "899 digits": (values, labels),
        "ten random ones": ten(values, labels, 0),
        "the ten means": (class_means(values, labels, 10), torch.arange(10)),
    }
    figure = Figure(figsize=(8.4, 4.4), layout="constrained")
    for row, (kind, of) in zip(figure.subplots(3, 3), kinds.items(), strict=True):
        found = [of(*one) for one in sets.values()]
        limit = float(torch.stack(found).abs().max())
        for axis, name, one in zip(row, sets, found, strict=True):
            axis.imshow(one, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit)
            distance = float(cosine_distance(one, found[0]))
            squared = float((one - found[0]).square().sum())
            axis.set_title(f"{name}: cosine {distance:.3f}, squared {squared:.2g}", fontsize=9)
            axis.set(xticks=[], yticks=[])
            print(f"{kind}, {name}: cosine distance {distance:.4f}, squared {squared:.3g}")
        row[0].set_ylabel(kind)
    return figure


def players() -> Figure:
    """Who steps when, under the schedules of four methods."""
    schedules = {
        "LGM, MMD-net": [["generator"]],
        "GRAM-net": [["projector", "generator"]],
        "GAN": [["critic"], ["generator"]],
        "MMD-GAN": [["critic"]] * 5 + [["generator"]],
        "DC, ten a class": [["generator"]] + [["network"]] * 4,
    }
    colors = {"generator": SYNTHETIC, "projector": REAL, "critic": REAL, "network": REAL}
    figure = Figure(figsize=(8.4, 3.1), layout="constrained")
    axis = figure.subplots()
    for y, (method, groups) in enumerate(schedules.items()):
        for x, group in enumerate(groups):
            for k, player in enumerate(group):
                height = 0.7 / len(group)
                corner = (x + 0.06, -y - 0.35 + k * height)
                box = FancyBboxPatch(corner, 0.88, height - 0.04, boxstyle="round,pad=0,rounding_size=0.05")
                box.set(facecolor=colors[player], edgecolor="white")
                axis.add_patch(box)
                middle = corner[1] + height / 2 - 0.02
                axis.text(x + 0.5, middle, player, ha="center", va="center", color="white", fontsize=9)
        if method.startswith("DC"):
            axis.text(len(groups) + 0.1, -y, "… 50 times", va="center")
    axis.set(xlim=(0, 7), ylim=(-len(schedules) + 0.5, 0.5), xlabel="turns of one step: each a forward pass of its own")
    axis.set(yticks=[-y for y in range(len(schedules))], yticklabels=list(schedules), xticks=[])
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    return figure


def closed_form() -> Figure:
    """The closed form against autograd, and against class means, as the head's weights grow."""
    values, labels = digits()
    deviations = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
    exact: dict[torch.dtype, list[float]] = {torch.float64: [], torch.float32: []}
    flows = []
    for std in deviations:
        draws = []
        for seed in range(5):
            weight = std * torch.randn(10, 64, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
            whole = head_gradient(values.double(), labels, weight, torch.zeros(10, dtype=torch.float64))
            flow = statistical_flow(values.double(), labels, 10)
            draws.append(1 - float(cosine_distance(whole[:, :-1], flow)))
        flows.append(sum(draws) / len(draws))
        for dtype, errors in exact.items():
            w = weight.to(dtype).requires_grad_()
            loss = F.cross_entropy(values.to(dtype) @ w.T, labels)
            (truth,) = torch.autograd.grad(loss, w)
            ours = head_gradient(values.to(dtype), labels, w.detach(), torch.zeros(10, dtype=dtype))[:, :-1]
            errors.append(float((ours - truth).abs().max() / truth.abs().max()))
    print("relative error:", {str(k): f"{max(v):.1e}" for k, v in exact.items()})
    print("cosine with flows:", [f"{s}: {c:.4f}" for s, c in zip(deviations, flows, strict=True)])
    figure = Figure(figsize=(8.4, 3.1), layout="constrained")
    left, right = figure.subplots(1, 2)
    for dtype, errors in exact.items():
        left.loglog(deviations, errors, marker="o", label=str(dtype).removeprefix("torch."))
    left.set(xlabel="standard deviation of the head", ylabel="largest error / largest value", ylim=(1e-18, 1e-4))
    left.set_title("closed form and autograd")
    left.legend()
    right.semilogx(deviations, flows, marker="o", color=THIRD)
    right.axvline(0.01, color="0.7", linestyle=":")
    right.set(xlabel="standard deviation of the head", ylabel="cosine", ylim=(0, 1.05))
    right.set_title("head gradient and flows between class means")
    return figure


def chunks() -> Figure:
    """What a step keeps for the backward pass for every size of chunk; the error of the gradient is printed."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 32, 3, padding=1), torch.nn.ReLU(), torch.nn.AvgPool2d(2),
        torch.nn.Conv2d(32, 64, 3, padding=1), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(),
    ).double().requires_grad_(False)  # fmt: skip
    images = torch.rand(64, 3, 32, 32, dtype=torch.float64)
    labels = torch.arange(64) % 10
    weight, bias = 0.01 * torch.randn(10, 64, dtype=torch.float64), torch.zeros(10, dtype=torch.float64)
    target = torch.randn(10, 65, dtype=torch.float64)

    def measured(size: int) -> tuple[float, torch.Tensor, float]:
        """MiB kept at once, the gradient of the images, and seconds."""
        kept = 0

        def keep(x: torch.Tensor) -> torch.Tensor:
            nonlocal kept
            kept += x.nbytes
            return x

        began = time.perf_counter()
        with torch.no_grad():
            features = torch.cat([network(part) for part in images.split(size)])
        features.requires_grad_()
        loss = cosine_distance(head_gradient(features, labels, weight, bias), target)
        (arriving,) = torch.autograd.grad(loss, features)
        most, gradient = 0, []
        for part, rows in zip(images.split(size), arriving.split(size), strict=True):
            part = part.clone().requires_grad_()
            kept = 0
            with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
                out = network(part)
            most = max(most, kept)
            gradient += torch.autograd.grad(out, part, rows)
        return most / 2**20, torch.cat(gradient), time.perf_counter() - began

    leaf = images.clone().requires_grad_()
    loss = cosine_distance(head_gradient(network(leaf), labels, weight, bias), target)
    (whole,) = torch.autograd.grad(loss, leaf)
    sizes = (1, 2, 4, 8, 16, 32, 64)
    memory = []
    for size in sizes:
        mib, gradient, seconds = measured(size)
        memory.append(mib)
        error = float((gradient - whole).abs().max() / whole.abs().max())
        print(f"chunk {size}: {mib:.2f} MiB, error {error:.1e}, {seconds:.2f} s")
    figure = Figure(figsize=(6, 3.1), layout="constrained")
    axis = figure.subplots()
    axis.loglog(sizes, memory, marker="o", color=REAL)
    axis.set(xlabel="rows in a chunk", ylabel="MiB kept for the backward pass", xticks=sizes, xticklabels=sizes)
    axis.minorticks_off()
    axis.set(yticks=(1, 10, 40), yticklabels=(1, 10, 40))
    return figure


def ratios() -> Figure:
    """Estimates of a ratio in one dimension, a bandwidth that is too small, and sets that part."""
    rng = torch.Generator().manual_seed(0)
    p, q = 1 + torch.randn(500, 1, generator=rng), 2 * torch.randn(500, 1, generator=rng)
    order = q.flatten().argsort()
    at = q.flatten()[order]
    normal = torch.distributions.Normal
    truth = (normal(1.0, 1.0).log_prob(at) - normal(0.0, 2.0).log_prob(at)).exp()
    figure = Figure(figsize=(8.4, 3.1), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    methods = {
        "ulsif": "ulsif",
        "kliep": "kliep",
        "kernel mean matching, median": '{ kind = "kernel-mean-matching", bandwidths = ["median"], ridge = 1e-3 }',
    }
    left.plot(at, truth, color="black", label="true ratio")
    for name, method in methods.items():
        left.plot(at, estimate(p.numpy(), q.numpy(), method).denominator[order], label=name, linewidth=1)
    left.set(title="three estimates", ylim=(-0.5, 3.5), xlabel="x")
    left.legend(fontsize=8)
    small = estimate(p.numpy(), q.numpy(), '{ kind = "kernel-mean-matching", bandwidths = [0.02], ridge = 1e-3 }')
    middle.plot(at, small.denominator[order], color=SYNTHETIC, linewidth=0.6, label="bandwidth 0.02")
    middle.plot(at, truth, color="black", label="true ratio")
    middle.set(title="the mean is right, the ratio is not", xlabel="x", ylim=(-3, 15))
    middle.legend(fontsize=8)
    print("bandwidth 0.02:", small.diagnostics())
    shifts = torch.linspace(0, 5, 11)
    base, moved = torch.randn(500, 1, generator=rng), torch.randn(500, 1, generator=rng)
    shares = {"true ratio": [], "ulsif": []}
    for shift in shifts:
        true = (normal(float(shift), 1.0).log_prob(base) - normal(0.0, 1.0).log_prob(base)).exp().flatten()
        found = estimate((moved + shift).numpy(), base.numpy(), "ulsif").denominator
        for name, r in (("true ratio", true), ("ulsif", found)):
            shares[name].append(float(r.sum() ** 2 / r.square().sum() / len(r)))
    for (name, values), color in zip(shares.items(), ("black", REAL), strict=True):
        right.semilogy(shifts, values, label=name, color=color, marker=".")
        print(name, [f"{float(s)}: {v:.3f}" for s, v in zip(shifts, values, strict=True)])
    right.set(title="sets that part", xlabel="distance of the means", ylabel="effective share of the samples")
    right.legend(fontsize=8)
    return figure


EIGHT: dict[str, Shift] = {
    "rotated, 25°": Rotated(degrees=25),
    "rotated, -25°": Rotated(degrees=-25),
    "contrast": Contrast(),
    "noisy": Noisy(),
    "background": Background(),
    "blurred": Blurred(),
    "thick": Thick(),
    "inverted": Inverted(),
}
"""The shifts of the page about them, as their defaults are."""


def shifts() -> Figure:
    """Five digits, and what the eight shifts make of them."""
    split = Digits(size=16, channels=1).load().train
    images = split.render(torch.tensor([int((split.labels == label).nonzero()[0]) for label in range(0, 10, 2)])).values
    columns = {"digits": images, **{name: shift(images) for name, shift in EIGHT.items()}}
    figure = Figure(figsize=(8.4, 5.2), layout="constrained")
    axes = figure.subplots(len(images), len(columns))
    for column, (name, shown) in zip(axes.T, columns.items(), strict=True):
        column[0].set_title(name, fontsize=9)
        for axis, image in zip(column, shown, strict=True):
            axis.imshow(image[0], cmap="gray", vmin=0, vmax=1)
            axis.axis("off")
    return figure


def shifted_points() -> Figure:
    """Two moons and the same rotated; two classes and the same under an affine map; a curve seen in two places."""
    figure = Figure(figsize=(8.4, 3.1), layout="constrained")
    axes = figure.subplots(1, 3)
    moons = TwoMoons(points=300)
    classes = GaussianClasses(points=300, std=0.6)
    pairs = (
        ("two-moons, rotated by 35°", moons, Rotated(degrees=35)),
        ("gaussian-classes, affine", classes, Affine(matrix=((1.2, 0.4), (-0.5, 0.7)), offset=(1.5, 2.5))),
    )
    for axis, (title, source, shift) in zip(axes, pairs, strict=False):
        for split, marker in ((source.load().train, "o"), (Shifted(source=source, shifts=[shift]).load().train, "x")):
            colors = [(REAL, SYNTHETIC)[label] for label in split.labels.tolist()]
            axis.scatter(*split.values.T, s=8, marker=marker, c=colors, linewidths=0.7)
        axis.set_title(title)
        axis.set_aspect("equal")
    for split, color, label in (
        (Sinc().load().train, REAL, "source: N(1, 0.5²)"),
        (Sinc(mean=2.0, std=0.25, split_seed=1).load().train, SYNTHETIC, "target: N(2, 0.25²)"),
    ):
        axes[2].scatter(*split.values.T, s=8, color=color, label=label)
    x = torch.linspace(-0.5, 2.8, 200)
    axes[2].plot(x, torch.sinc(x), color="black", linewidth=1)
    axes[2].set_title("sinc: x shifts, the curve stays")
    axes[2].legend(fontsize=8)
    return figure


FIGURES = {
    "abstractions": abstractions,
    "statistics": statistics,
    "players": players,
    "closed-form": closed_form,
    "chunks": chunks,
    "ratio-pitfalls": ratios,
    "shifts": shifts,
    "shifted-points": shifted_points,
}


def main() -> None:
    """Draw the figures that are asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--output", type=Path, default=PICTURES)
    options = parser.parse_args()
    matplotlib.rcParams["svg.hashsalt"] = "matchzoo"
    for name in options.names or FIGURES:
        FIGURES[name]().savefig(options.output / f"{name}.png", dpi=200)


if __name__ == "__main__":
    main()
