"""What is asked of a plan."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.transport import Exact, Sinkhorn, exact_plan


def test_barycentric_maps_and_labels_that_are_carried(golden):
    values = {key: torch.from_numpy(value) for key, value in golden("alignment.npz").items() if key.startswith("ot_")}
    source, target = values["ot_Xs"], values["ot_Xt"]
    plan = Exact()(source, target)
    torch.testing.assert_close(plan.coupling, values["ot_plan"], rtol=0, atol=1e-9)
    assert plan.cost == pytest.approx(values["ot_cost"].item(), abs=1e-9)
    torch.testing.assert_close(plan.barycentric(target), values["ot_barycentric"], rtol=0, atol=1e-9)
    labels = torch.nn.functional.one_hot(values["ot_ys"])
    torch.testing.assert_close(plan.barycentric_back(labels.double()), values["ot_label_scores"], rtol=0, atol=1e-9)
    entropic = Sinkhorn(epsilon=values["ot_entropic_reg"].item(), tolerance=1e-11)(source, target)
    torch.testing.assert_close(entropic.coupling, values["ot_entropic_plan"], rtol=0, atol=1e-9)


def test_pairs_are_drawn_in_proportion():
    plan = Sinkhorn(epsilon=0.5)(torch.rand(3, 1), torch.rand(2, 1))
    rows, columns = plan.sample(20_000, torch.Generator().manual_seed(0))
    counts = torch.zeros(3, 2).index_put((rows, columns), torch.ones(1), accumulate=True)
    torch.testing.assert_close(counts.double() / 20_000, plan.coupling, rtol=0, atol=0.01)


def test_points_without_mass_go_nowhere_and_figures_are_shown():
    plan = exact_plan(torch.rand(3, 2), torch.tensor([1.0, 0.0, 1.0]))
    with pytest.raises(MatchZooError, match="point 1 of the source has no mass in it, so it is mapped nowhere"):
        plan.barycentric(torch.rand(2, 2))
    assert plan.barycentric_back(torch.rand(3, 2)).shape == (2, 2)
    with pytest.raises(MatchZooError, match="expected 3 points, got 4"):
        plan.barycentric_back(torch.rand(4, 2))
    assert repr(plan).startswith("<Plan 3 x 2: cost 0.")
    assert set(plan.diagnostics()) == {"cost", "value", "marginal_error", "iterations", "nonzeros", "gap"}
