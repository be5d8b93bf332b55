"""Labels that a plan carries."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation import LabelPropagation, adapt, align, method_of, propagate_labels
from matchzoo.models.transport import Exact, Sinkhorn


def test_golden_values(golden):
    values = {key: torch.from_numpy(value) for key, value in golden("alignment.npz").items() if key.startswith("ot_")}
    chances = propagate_labels(values["ot_Xs"], values["ot_ys"], values["ot_Xt"], 3, Exact())
    torch.testing.assert_close(chances, values["ot_label_scores"], rtol=0, atol=1e-9)


def test_a_target_that_is_moved_far_is_learned_from_the_labels_that_come_with_it():
    rng = torch.Generator().manual_seed(0)
    labels, truth = torch.arange(90) % 3, torch.arange(60) % 3
    centers = torch.tensor([[0.0, 6.0], [6.0, 0.0], [-5.0, -5.0]]).double()
    source, target = (centers[c] + torch.randn(len(c), 2, generator=rng).double() for c in (labels, truth))
    target = target + 20
    for method in (LabelPropagation(), "{ kind = 'label-propagation', solver = 'exact' }"):
        adapted = adapt(source, labels, target, method, standardize=False)
        assert (adapted.predict(target) == truth).double().mean() > 0.95
        assert adapted.diagnostics()["class_shares"] == pytest.approx([1 / 3] * 3, abs=0.05)


def test_by_name_and_where_it_is_refused():
    made = method_of("label-propagation", 2)
    assert isinstance(made, LabelPropagation)
    assert made.solver.epsilon == "0.05*max"
    assert isinstance(
        method_of("{ kind = 'transport', solver = { kind = 'sinkhorn', epsilon = 0.1 } }", 2).solver, Sinkhorn
    )
    with pytest.raises(MatchZooError, match="label propagation aligns nothing"):
        align(torch.rand(5, 2), torch.rand(4, 2), made)
    with pytest.raises(MatchZooError, match=r"--method\.slover: unknown key"):
        method_of("{ kind = 'label-propagation', slover = 'exact' }", 2)
