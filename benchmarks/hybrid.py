"""Few-shot hybrid adaptation, measured: digits that are slanted and bold, from ten slanted and ten bold ones.

    python benchmarks/hybrid.py                    three seeds (budget: 2 CPU minutes on one thread)
    python benchmarks/hybrid.py table              the table in Markdown

The source is the decoder of an auto-encoder of digits, and a copy of it is adapted. Features are those of a network
that tells plain, slanted and bold digits and their classes apart; it has seen no hybrid. What comes out is judged by a
network that was trained on other images. Results are in ``results/hybrid.json``.
"""

import copy
import itertools
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from seeds import Results, command, mean_and_error
from torch import nn

from matchzoo.data import Digits
from matchzoo.matchers import affine_complement, subspace_adaptation_loss

RESULTS = Results("hybrid")
SEEDS = range(3)
REFERENCES, FEATURES, STEPS, RATE = 10, 24, 300, 5e-4
Images = torch.Tensor
Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def slanted(images: Images) -> Images:
    """Images [n, 1, 8, 8], sheared."""
    matrix = torch.tensor([[1.0, 0.6, 0.0], [0.0, 1.0, 0.0]]).expand(len(images), 2, 3)
    return F.grid_sample(images, F.affine_grid(matrix, list(images.shape), align_corners=False), align_corners=False)


def bold(images: Images) -> Images:
    """Images [n, 1, 8, 8], each pixel as bright as its left neighbor at least."""
    return torch.maximum(images, F.pad(images, (1, 0))[..., :-1])


def fitted(network: nn.Module, loss: Callable[[torch.Tensor], torch.Tensor], rows: int, rate: float = 1e-3) -> None:
    """Train on batches of 256 of some rows, 1000 steps; ``loss`` takes their numbers."""
    optimizer = torch.optim.Adam(network.parameters(), rate)
    for _ in range(1000):
        optimizer.zero_grad()
        loss(torch.randint(rows, (256,))).backward()
        optimizer.step()


def perceptron(*widths: int) -> nn.Sequential:
    """ReLU between layers of so many units."""
    layers = [nn.Sequential(nn.Linear(a, b), nn.ReLU()) for a, b in itertools.pairwise(widths[:-1])]
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(widths[-2], widths[-1]))


def mean_direction(references: list[torch.Tensor]) -> Loss:
    """1 − the cosine of the way and the sum of the ways from the source's mean to those of the references."""

    def loss(adapted: torch.Tensor, source: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
        wanted = torch.stack([features.mean(0) - mean for features in references]).sum(0)
        return (1 - F.cosine_similarity(adapted - source + 1e-6, wanted[None], dim=1)).mean()

    return loss


def of_subspaces(references: list[torch.Tensor], direction: float) -> Loss:
    """`subspace_adaptation_loss` with a weight of the direction."""
    spans = [affine_complement(features.double()) for features in references]
    spans = [(center.float(), complement.float()) for center, complement in spans]
    return lambda adapted, source, _: subspace_adaptation_loss(adapted, source, spans, direction)


def adapted_shares(seed: int) -> dict[str, dict[str, float]]:
    """Of every way to adapt, the share of digits with both attributes, and of those whose class is kept."""
    torch.manual_seed(seed)
    data = Digits(size=8, channels=1)
    data.build(0)
    assert data.test_set is not None
    known, other = data.training_set.all(), data.test_set.all()
    images, labels = known.values, known.labels
    decoder, encoder = perceptron(10, 64, 128, 64), perceptron(64, 128, 64, 10)
    auto = nn.ModuleList([encoder, decoder])
    flat = images.flatten(1)
    fitted(auto, lambda rows: (decoder(encoder(flat[rows])) - flat[rows]).square().mean(), len(flat))

    domains = torch.cat([images, slanted(images), bold(images)])
    of_domain, of_class = torch.arange(3).repeat_interleave(len(images)), labels.repeat(3)
    features = nn.Sequential(perceptron(64, 128, FEATURES), nn.Tanh())
    heads = nn.Linear(FEATURES, 13)
    whole = nn.Sequential(features, heads)

    def told_apart(rows: torch.Tensor) -> torch.Tensor:
        scores = whole(domains[rows])
        return F.cross_entropy(scores[:, :3], of_domain[rows]) + F.cross_entropy(scores[:, 3:], of_class[rows])

    fitted(whole, told_apart, len(domains))
    judged = torch.cat([other.values, slanted(other.values), bold(other.values), bold(slanted(other.values))])
    attributes = torch.tensor([[0.0, 0], [1, 0], [0, 1], [1, 1]]).repeat_interleave(len(other.values), 0)
    judge = perceptron(64, 128, 12)

    def judgment(rows: torch.Tensor) -> torch.Tensor:
        scores = judge(judged[rows])
        of_attributes = F.binary_cross_entropy_with_logits(scores[:, :2], attributes[rows])
        return of_attributes + F.cross_entropy(scores[:, 2:], other.labels.repeat(4)[rows])

    fitted(judge, judgment, len(judged))
    with torch.no_grad():
        references = [features(change(images[torch.randperm(len(images))[:REFERENCES]])) for change in (slanted, bold)]
        codes = encoder(flat)
        mean = features(decoder(codes).view_as(images)).mean(0)
    ways: dict[str, Loss | None] = {
        "source": None,
        "distance alone": of_subspaces(references, 0.0),
        "distance and direction": of_subspaces(references, 50.0),
        "mean direction": mean_direction(references),
    }
    shares = {}
    for name, loss in ways.items():
        generator = copy.deepcopy(decoder)
        optimizer = torch.optim.Adam(generator.parameters(), RATE)
        for _ in range(STEPS if loss else 0):
            rows = torch.randint(len(codes), (128,))
            with torch.no_grad():
                source = features(decoder(codes[rows]).view(-1, 1, 8, 8))
            value = loss(features(generator(codes[rows]).view(-1, 1, 8, 8)), source, mean)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        with torch.no_grad():
            scores = judge(generator(codes).clamp(0, 1).view_as(images))
        both = (scores[:, :2] > 0).all(1).float().mean().item()
        shares[name] = {"both": both, "class": (scores[:, 2:].argmax(1) == labels).float().mean().item()}
    return shares


def measure(_: Path) -> None:
    """Run what is missing."""
    for seed, row in RESULTS.missing(SEEDS, ["digits"]):
        RESULTS.store(row, seed, adapted_shares(seed))


def table() -> None:
    """Every seed, and means with standard errors."""
    records = RESULTS.of("digits", SEEDS)
    print("| adapted by | both attributes | seeds | class kept |")
    print("| --- | --- | --- | --- |")
    for name in records[0] if records else ():
        both = [record[name]["both"] for record in records]
        kept = [record[name]["class"] for record in records]
        each = ", ".join(f"{share:.2f}" for share in both)
        print(f"| {name} | {mean_and_error(both, '.2f')} | {each} | {mean_and_error(kept, '.2f')} |")


if __name__ == "__main__":
    command(__doc__, "hybrid", measure, table)
