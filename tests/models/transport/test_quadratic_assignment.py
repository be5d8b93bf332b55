"""Second-order matching: the golden instance, which the scores of vertices alone miss."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport import quadratic_assignment


def test_golden_values(golden):
    values = {key: torch.from_numpy(value) for key, value in golden("transport.npz").items() if key.startswith("qap")}
    pairing, score = quadratic_assignment(values["qap_vertex"], values["qap_edge"])
    assert pairing.tolist() == values["qap_perm"].tolist() != values["qap_linear_perm"].tolist()
    assert score.item() == pytest.approx(values["qap_value"].item())
    alone, _ = quadratic_assignment(values["qap_vertex"], 0 * values["qap_edge"])
    assert alone.tolist() == values["qap_linear_perm"].tolist()


def test_scores_of_other_shapes_and_not_finite():
    with pytest.raises(MatchZooError, match=r"got \[3, 3\] and \[3, 3, 3\]"):
        quadratic_assignment(torch.rand(3, 3), torch.rand(3, 3, 3))
    with pytest.raises(MatchZooError, match="not finite"):
        quadratic_assignment(torch.full((2, 2), torch.nan), torch.rand(2, 2, 2, 2))
