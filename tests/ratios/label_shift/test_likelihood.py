"""Maximum likelihood of the shares: a closed form, another optimizer, and what is refused."""

import pytest
import torch
from scipy.optimize import minimize

from matchzoo.core.errors import MatchZooError
from matchzoo.ratios.label_shift import expectation_maximization, log_likelihood

PRIOR = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)


def target(seed: int = 0) -> torch.Tensor:
    return torch.randn(80, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).mul(2).softmax(1)


@pytest.mark.parametrize("seed", range(3))
def test_another_optimizer_finds_the_same(seed):
    probabilities = target(seed) * torch.tensor([1, 1, 0.2])  # one seed's optimum has a share near 0
    probabilities = probabilities / probabilities.sum(1, keepdim=True)

    def value(q):
        q = torch.tensor(q, requires_grad=True)
        loss = -log_likelihood(probabilities, PRIOR, q)
        loss.backward()
        return loss.item(), q.grad.numpy()

    found = minimize(
        value,
        PRIOR.numpy(),
        jac=True,
        method="SLSQP",
        bounds=[(1e-12, 1)] * 3,
        constraints={"type": "eq", "fun": lambda q: q.sum() - 1},
        options={"ftol": 1e-15, "maxiter": 500},
    )
    shares = expectation_maximization(probabilities, PRIOR)
    assert shares.sum().item() == pytest.approx(1)
    assert -log_likelihood(probabilities, PRIOR, shares).item() == pytest.approx(found.fun, abs=2e-9)
    torch.testing.assert_close(shares, torch.from_numpy(found.x), rtol=0, atol=1e-4)


def test_two_classes_in_closed_form():
    """Answers of two kinds, a and b: the shares that reproduce how often each came, where some do."""
    a, b, often = 0.9, 0.2, 0.6  # p(class 0 | answer), and how often the first answer comes on the target
    probabilities = torch.tensor([[a, 1 - a]] * 6 + [[b, 1 - b]] * 4, dtype=torch.float64)
    prior = torch.tensor([0.5, 0.5], dtype=torch.float64)
    p_first = (0.5 - b) / (a - b)  # of the first answer on the source, whose prior is even
    given = torch.tensor([a, 1 - a], dtype=torch.float64) * p_first / 0.5  # p(first answer | class)
    expected = (often - given[1]) / (given[0] - given[1])
    assert expectation_maximization(probabilities, prior)[0].item() == pytest.approx(expected.item(), abs=1e-6)


def test_certain_answers_are_counted():
    one_hot = torch.eye(3, dtype=torch.float64)[torch.tensor([0, 0, 0, 1, 2])]
    torch.testing.assert_close(
        expectation_maximization(one_hot, PRIOR), torch.tensor([0.6, 0.2, 0.2], dtype=torch.float64)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expectation_maximization(torch.zeros(2, 3), PRIOR), "2 of 2 rows are no probabilities.* softmax"),
        (lambda: expectation_maximization(torch.ones(2, 1), PRIOR), "at least 2 classes"),
        (lambda: expectation_maximization(target(), PRIOR[:2]), r"expected a positive prior \[3\]"),
        (lambda: expectation_maximization(target(), PRIOR, iterations=1), "nats of the optimum after 1 iterations"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(MatchZooError, match=message):
        call()
