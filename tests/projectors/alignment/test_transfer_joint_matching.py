"""Transfer joint matching against scipy's generalized solver, and what its objective promises."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.projectors import TransferJointMatching, transfer_joint_matching
from matchzoo.projectors.alignment.transfer_joint_matching import joint_matching_objective

N, M = 14, 12
RNG = np.random.default_rng(0)
POINTS = np.concatenate([RNG.normal(size=(N, 3)), RNG.normal(size=(M, 3)) + 1])
GRAM = np.exp(-((POINTS[:, None] - POINTS) ** 2).sum(-1) / 4)


def direct(penalty: float, iterations: int) -> np.ndarray:
    """The algorithm as its paper writes it."""
    from scipy.linalg import eigh

    e = np.r_[np.full(N, 1 / N), np.full(M, -1 / M)]
    apart = np.outer(e, e) / np.linalg.norm(np.outer(e, e))
    varied, weights = GRAM @ (np.eye(N + M) - 1 / (N + M)) @ GRAM, np.eye(N + M)
    for _ in range(iterations):
        vectors = eigh(varied, GRAM @ apart @ GRAM + penalty * weights)[1][:, :-4:-1]
        vectors = vectors / np.sqrt(np.diag(vectors.T @ varied @ vectors))
        weights = np.diag(np.r_[1 / (2 * np.linalg.norm(vectors[:N], axis=1)), np.ones(M)])
    return vectors


@pytest.mark.parametrize(("penalty", "iterations"), [(0.3, 1), (0.3, 5), (1e-3, 3)])
def test_it_is_scipys(penalty, iterations):
    gram, expected = torch.from_numpy(GRAM), direct(penalty, iterations)
    fitted = transfer_joint_matching(gram, N, 3, penalty, iterations)
    np.testing.assert_allclose(fitted, expected * np.sign((expected * fitted.numpy()).sum(0)), atol=1e-9)
    centered = gram - gram.mean(0)
    torch.testing.assert_close(fitted.T @ centered.T @ centered @ fitted, torch.eye(3, dtype=torch.float64))
    assert (fitted.gather(0, fitted.abs().argmax(0, keepdim=True)) > 0).all()


def test_the_objective_falls_and_samples_unlike_the_target_leave():
    gram = torch.from_numpy(GRAM)
    solutions = [transfer_joint_matching(gram, N, 3, 0.3, iterations) for iterations in (1, 2, 3, 5, 60)]
    objectives = [joint_matching_objective(gram, N, solution, 0.3) for solution in solutions]
    assert objectives == sorted(objectives, reverse=True)
    lengths = solutions[-1].norm(dim=1)
    assert (lengths[:N] < 1e-6).sum() > N / 2
    assert lengths[N:].min() > 0.01
    fitted, same = TransferJointMatching(features=3, penalty=0.3, bandwidth=2**0.5).maps(
        *torch.from_numpy(POINTS).split([N, M])
    )
    assert fitted is same
    torch.testing.assert_close(fitted.vectors, (N + M) ** 0.5 * transfer_joint_matching(gram, N, 3, 0.3, 10))
    covariance = torch.cov(fitted(torch.from_numpy(POINTS)).T, correction=0)
    torch.testing.assert_close(covariance, torch.eye(3, dtype=torch.float64))


def test_wrong_numbers():
    with pytest.raises(MatchZooError, match="1 to 4 samples of the source, 1 to 4 features"):
        transfer_joint_matching(torch.eye(5), 2, 5)
