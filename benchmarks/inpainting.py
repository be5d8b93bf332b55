"""Inpainting by a flow, measured: a Gaussian whose conditional distribution is known, and the lower half of digits.

    python benchmarks/inpainting.py            all of it (budget: 2 CPU minutes on one thread)
    python benchmarks/inpainting.py table      the tables in Markdown
    python benchmarks/inpainting.py figure     digits of which the upper half is known

Results are in ``results/inpainting.json``; the flow of digits is kept in ``runs/benchmarks/inpainting``.
"""

import sys
from pathlib import Path

import torch
from matplotlib.figure import Figure
from safetensors.torch import load_file
from seeds import Results, command

from matchzoo.core.schedule import Cosine
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.core.storage import files
from matchzoo.data import Digits, Split
from matchzoo.generators import Flow
from matchzoo.matchers import flow_matching_loss
from matchzoo.models.fields import Midpoint, Straight, inpaint
from matchzoo.models.networks import MLP

RESULTS = Results("inpainting")
OUTPUT, PICTURES = Path("runs/benchmarks/inpainting"), Path(__file__).parent.parent / "docs/pictures"
TIMES = (1, 5, 10, 20)
"""How often each step is taken."""
CORRELATION, KNOWN = 0.8, 1.0
STEPS, BATCH = 2500, 256


def gaussian(times: int) -> dict[str, float]:
    """Mean and variance of one number given the other, of N(0, [[1, 0.8], [0.8, 1]]) with its exact field."""
    covariance = torch.tensor([[1.0, CORRELATION], [CORRELATION, 1.0]], dtype=torch.float64)
    one = torch.eye(2, dtype=torch.float64)

    def field(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        slope = time * covariance - (1 - time) * one
        return x @ (slope @ torch.linalg.inv(time**2 * covariance + (1 - time) ** 2 * one)).T

    values = torch.full((10_000, 2), KNOWN, dtype=torch.float64)
    known = torch.tensor([True, False]).expand(10_000, 2)
    rng = Step(0, 0).rng("gaussian")
    other = inpaint(field, Straight(), values, known, Midpoint(steps=10), resamples=times, rng=rng)[:, 1]
    return {"mean": other.mean().item(), "variance": other.var().item()}


def digits() -> tuple[Split, Split]:
    """Training and test digits of 8x8 pixels."""
    data = Digits(size=8, channels=1)
    data.build(0)
    assert data.test_set is not None
    return data.training_set, data.test_set


def flow_of_digits(output: Path) -> Flow:
    """A flow on the pixels, trained if it is not there."""
    flow = Flow(network=MLP(widths=[256, 256, 256], activation="silu"), average=0.995, solver=Midpoint(steps=10))
    flow.build(Spec(shape=(1, 8, 8)))
    path = output / "flow.safetensors"
    if path.is_file():
        flow.load_state_dict(load_file(path))
        return flow.eval()
    train = digits()[0].all().values
    optimizer, rate = torch.optim.Adam(flow.parameters()), Cosine(start=1e-3, steps=STEPS)
    for number in range(1, STEPS + 1):
        rng = Step(number, 0).rng("benchmark")
        data = train[torch.randint(len(train), (BATCH,), generator=rng)]
        noise, time = torch.randn(data.shape, generator=rng), torch.rand(BATCH, generator=rng)
        loss = flow_matching_loss(flow.velocity(flow.path.between(noise, data, time), time), noise, data, time)
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = rate.at(number)
        optimizer.step()
        flow.before_step(Step(number, 0))
        flow.follow()
    output.mkdir(parents=True, exist_ok=True)
    files.write_tensors(path, {name: value.contiguous() for name, value in flow.state_dict().items()})
    return flow.eval()


def upper_half(images: torch.Tensor) -> torch.Tensor:
    """Images [n, 1, 8, 8] whose lower half is not known."""
    given = images.clone()
    given[:, :, 4:] = float("nan")
    return given


def accuracy(images: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of images [n, 1, 8, 8] whose nearest training digit is of their class [n]."""
    train = digits()[0].all()
    assert train.labels is not None
    nearest = torch.cdist(images.flatten(1), train.values.flatten(1)).argmin(1)
    return (train.labels[nearest] == labels).float().mean().item()


def measure(output: Path) -> None:
    """Measure what is missing."""
    for times in TIMES:
        if not RESULTS.of("gaussian", [times]):
            RESULTS.store("gaussian", times, gaussian(times))
    test, flow = digits()[1].all(), flow_of_digits(output)
    assert test.labels is not None
    if not RESULTS.of("digits", [0]):
        RESULTS.store("digits", 0, accuracy(test.values, test.labels))
    for times in TIMES:
        if not RESULTS.of("digits", [times]):
            filled = flow.inpaint(upper_half(test.values), resamples=times)
            RESULTS.store("digits", times, accuracy(filled, test.labels))


def table() -> None:
    """By how often each step is taken."""
    print("| each step is taken | mean given the other number | variance | digits of their class |")
    print("| --- | --- | --- | --- |")
    for times in TIMES:
        for moments, right in zip(RESULTS.of("gaussian", [times]), RESULTS.of("digits", [times]), strict=True):
            print(f"| {times} times | {moments['mean']:.2f} | {moments['variance']:.2f} | {100 * right:.1f} % |")
    for right in RESULTS.of("digits", [0]):
        exact = f"{CORRELATION * KNOWN:.2f} | {1 - CORRELATION**2:.2f}"
        print(f"| exact; the digits themselves | {exact} | {100 * right:.1f} % |")


def figure(output: Path) -> Figure:
    """Test digits, their upper half, and what goes with it."""
    images = digits()[1].all().values[:14]
    flow, given = flow_of_digits(output), upper_half(images)
    rows = {"digits": images, "known": given} | {
        f"{times} times": flow.inpaint(given, resamples=times) for times in (1, 5, 20)
    }
    drawn = Figure(figsize=(9, 3.4), layout="constrained")
    for row, (title, shown) in enumerate(rows.items()):
        for column, image in enumerate(shown):
            axes = drawn.add_subplot(len(rows), len(images), row * len(images) + column + 1)
            axes.imshow(image[0].clamp(0, 1), cmap="gray_r", vmin=0, vmax=1)
            axes.set_xticks([])
            axes.set_yticks([])
            if not column:
                axes.set_ylabel(title, rotation=0, ha="right", va="center", fontsize=9)
    return drawn


if __name__ == "__main__":
    if sys.argv[1:] == ["figure"]:
        figure(OUTPUT).savefig(PICTURES / "inpainting.png", dpi=100)
    else:
        command(__doc__, "inpainting", measure, table)
