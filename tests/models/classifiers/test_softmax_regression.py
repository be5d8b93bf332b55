"""Softmax regression for several penalties; the solver itself is tested with the linear probe."""

import sys

import torch

from matchzoo.models.classifiers import fit_softmax_regression

module = sys.modules[fit_softmax_regression.__module__]
PENALTIES = (1.0, 0.1, 0.01, 0.001)


def samples() -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(60) % 3
    return torch.randn(3, 5, generator=rng)[labels] + torch.randn(60, 5, generator=rng), labels


def test_penalties_by_themselves_and_in_groups_are_those_at_once(monkeypatch):
    features, labels = samples()
    together = fit_softmax_regression(features, labels, 3, PENALTIES)
    monkeypatch.setattr(module, "CACHED", 1)  # one after the other, each from the solution before
    for one, other in zip(fit_softmax_regression(features, labels, 3, PENALTIES), together, strict=True):
        torch.testing.assert_close(one.weight, other.weight, rtol=0, atol=1e-3)
        torch.testing.assert_close(one.bias, other.bias, rtol=0, atol=1e-3)
