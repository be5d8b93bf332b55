"""The penalty of IRM against golden values, and what it refuses."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.matchers import InvariantRisk

ESTIMATORS = {"squared": "penalty_irm", "halves": "penalty_irm_halves"}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_golden_values(estimator, golden):
    values = {key: torch.from_numpy(array) for key, array in golden("alignment.npz").items()}
    features = values["head_Z"].clone().requires_grad_()
    scores = features @ values["head_W"].T + values["head_b"]
    sets = [Samples(s, y) for s, y in zip(scores, values["head_y"], strict=True)]
    penalty = InvariantRisk(estimator=estimator)(*sets)
    torch.testing.assert_close(penalty.detach(), values[ESTIMATORS[estimator]], rtol=0, atol=1e-12)
    penalty.backward()
    torch.testing.assert_close(features.grad, values[f"{ESTIMATORS[estimator]}_dZ"], rtol=0, atol=1e-12)


def test_halves_need_two_samples_and_all_need_labels():
    scores = torch.zeros(1, 2)
    with pytest.raises(DeclarationError, match="at least 2 samples of every set, got 1"):
        InvariantRisk(estimator="halves")(Samples(scores, torch.tensor([1])))
    with pytest.raises(DeclarationError, match="labels"):
        InvariantRisk()(Samples(scores, None))
