"""Calibration error against a plain loop, and where it is known."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.metrics.calibration import expected_calibration_error


def test_it_is_a_plain_loop():
    rng = np.random.default_rng(0)
    probabilities, labels = rng.dirichlet(np.ones(4), 200), rng.integers(4, size=200)
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    total = 0.0
    for low, high in zip(np.arange(10) / 10, np.arange(1, 11) / 10, strict=True):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    error = expected_calibration_error(torch.from_numpy(probabilities), torch.from_numpy(labels), bins=10)
    assert error == pytest.approx(total)


def test_sure_answers_are_off_by_how_often_they_are_wrong():
    probabilities = torch.eye(2)[torch.tensor([0, 0, 1, 1])]
    assert expected_calibration_error(probabilities, torch.tensor([0, 1, 1, 1])) == pytest.approx(0.25)
    assert expected_calibration_error(torch.full((4, 2), 0.5), torch.tensor([0, 1, 0, 1])) == pytest.approx(0)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(MatchZooError, match=r"expected probabilities \[n, c\]"):
        expected_calibration_error(torch.rand(3), torch.zeros(3))
