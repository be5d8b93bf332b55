"""Precision, recall, density and coverage: against brute force with closed balls, and torch-fidelity."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics import neighbors
from matchzoo.evaluation.metrics.manifold import precision_recall_density_coverage


def by_brute_force(real: torch.Tensor, fake: torch.Tensor, k: int) -> dict[str, float]:
    """Pair by pair, with balls that hold their rim."""

    def apart(a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
        x, y = a.double().numpy(), b.double().numpy()
        return np.array([[sum((u - v) ** 2 for u, v in zip(p, q, strict=True)) for q in y] for p in x])

    real_radii, fake_radii = (np.sort(apart(s, s), 1)[:, k] for s in (real, fake))
    across = apart(real, fake)
    inside = across <= real_radii[:, None]
    return {
        "precision": inside.any(0).mean(),
        "recall": (across <= fake_radii).any(1).mean(),
        "density": inside.sum(0).mean() / k,
        "coverage": inside.any(1).mean(),
    }


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def with_blanks(seed: int) -> torch.Tensor:
    """A third of it one and the same row, far from 0, as features of blank images are."""
    return torch.cat([torch.full((20, 4), 1000.1), 1000 + draw(40, 4, seed=seed)])


def one_hot(seed: int) -> torch.Tensor:
    labels = torch.randint(0, 5, (40,), generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.one_hot(labels, 5).float()


def lattice(seed: int) -> torch.Tensor:
    """Points of a grid with a third for a unit: distances that tie, of coordinates that are no binary fractions."""
    return torch.randint(0, 4, (40, 3), generator=torch.Generator().manual_seed(seed)) / 3


REPEATED = draw(8, 6).repeat_interleave(6, 0)
SETS = {
    "no repeats": (draw(40, 2), 1.5 * draw(30, 2, seed=1) + 0.3),
    "against itself": (draw(40, 6), draw(40, 6)),
    "every row six times, against itself": (REPEATED, REPEATED.flip(0)),
    "a third one blank row": (with_blanks(0), with_blanks(1)),
    "categories": (one_hot(0), one_hot(1)),
    "a lattice": (lattice(0), lattice(1)),
    "all rows equal": (torch.full((20, 3), 0.1), torch.full((30, 3), 0.1)),
    "float64 at a large offset": (1e6 + draw(30, 3).double() / 3, 1e6 + draw(30, 3, seed=1).double() / 3),
}


@pytest.mark.parametrize("name", SETS)
def test_closed_balls_by_brute_force(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = SETS[name]
    expected = by_brute_force(real, fake, 5)
    assert precision_recall_density_coverage(real, fake) == pytest.approx(expected, abs=1e-12)
    monkeypatch.setattr(neighbors, "BLOCK", 7)
    assert precision_recall_density_coverage(real, fake) == pytest.approx(expected, abs=1e-12)
    if "itself" in name:
        assert (expected["precision"], expected["recall"], expected["coverage"]) == (1, 1, 1)


@pytest.mark.parametrize("name", [name for name in SETS if name != "float64 at a large offset"])
def test_precision_and_recall_are_those_of_torch_fidelity(name: str) -> None:
    theirs = pytest.importorskip("torch_fidelity.metric_prc")
    real, fake = (x.double() for x in SETS[name])
    how = {"prc_batch_size": 16, "save_cpu_ram": True, "verbose": False}
    expected = theirs.prc_features_to_metric(fake, real, prc_neighborhood=5, **how)  # generated first, there
    scores = precision_recall_density_coverage(real, fake)
    assert (scores["precision"], scores["recall"]) == pytest.approx((expected["precision"], expected["recall"]))


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e200])
def test_scale_does_not_matter(scale: float) -> None:
    real, fake = (x.double() for x in SETS["no repeats"])
    scores = precision_recall_density_coverage(real * scale, fake * scale)
    assert scores == pytest.approx(precision_recall_density_coverage(real, fake))


def test_precision_and_recall_tell_collapse_from_noise() -> None:
    real = draw(400, 2)
    collapsed = precision_recall_density_coverage(real, 0.05 * draw(400, 2, seed=1))
    wide = precision_recall_density_coverage(real, 5 * draw(400, 2, seed=2))
    assert collapsed["precision"] > 0.95 > 0.3 > collapsed["recall"]
    assert wide["recall"] > 0.9 > 0.5 > wide["precision"]


@pytest.mark.parametrize("count", [0, 5])
def test_neighbors_are_fewer_than_samples(count: int) -> None:
    with pytest.raises(MatchZooError, match="neighbors: expected 1 to 4"):
        precision_recall_density_coverage(draw(40, 2), draw(5, 2), count)
