"""Latent label shift: golden values, an exact case, and classes found without labels."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.ratios.label_shift import (
    KWay,
    LatentLabelShift,
    class_given_domain,
    class_given_x,
    class_given_x_and_domain,
)
from matchzoo.ratios.label_shift.latent import domain_given_class

EXACT = {"rtol": 0, "atol": 1e-12}


@pytest.fixture
def values(golden):
    return {k.removeprefix("lls_"): torch.from_numpy(v) for k, v in golden("alignment.npz").items() if "lls_" in k}


def test_golden_values(values):
    given = values["p_d_given_x"], values["p_y_given_d"]
    torch.testing.assert_close(class_given_x(*given, clip=False), values["p_y_given_x_raw"], **EXACT)
    torch.testing.assert_close(class_given_x(*given), values["p_y_given_x"], **EXACT)
    torch.testing.assert_close(
        class_given_x_and_domain(values["p_y_given_x"], given[1]), values["p_y_given_xd"], **EXACT
    )


def test_it_inverts_what_it_assumes(values):
    """p(d|x) that is made of p(y|x) gives it back, for any shares of the domains."""
    shares = torch.tensor([0.5, 0.3, 0.2]).double()
    truth = torch.rand(7, 2, generator=torch.Generator().manual_seed(0)).double().softmax(1)
    made = truth @ domain_given_class(values["p_y_given_d"], shares).T
    torch.testing.assert_close(class_given_x(made, values["p_y_given_d"], shares), truth, **EXACT)
    mixed = class_given_x_and_domain(truth, values["p_y_given_d"], shares)
    torch.testing.assert_close(torch.einsum("nkd,nd->nk", mixed, made), truth, **EXACT)


def test_shares_of_clusters():
    clusters, domains = torch.tensor([0, 0, 1, 1, 1, 0]), torch.tensor([0, 0, 0, 1, 1, 1])
    shares = class_given_domain(clusters, domains, 2)
    torch.testing.assert_close(shares, torch.tensor([[2 / 3, 1 / 3], [1 / 3, 2 / 3]]).double())


@pytest.mark.parametrize("clusters", [None, 4])
def test_classes_are_found_without_labels(clusters):
    """Two classes of two clusters each, so that no distance tells them; three domains. Processors differ by a sample or
    two."""
    rng = torch.Generator().manual_seed(0)
    centers = torch.tensor([[[0.0, 0.0], [6.0, 6.0]], [[6.0, 0.0], [0.0, 6.0]]])
    truth, sets = [], []
    for share in (0.85, 0.5, 0.15):
        labels = (torch.rand(120, generator=rng) < share).long()
        halves = torch.randint(2, (120,), generator=rng)
        sets.append(centers[labels, halves] + torch.randn(120, 2, generator=rng))
        truth.append(labels)
    model = LatentLabelShift(classes=2, clusters=clusters, discriminator=KWay(count=40, penalties=(0.01,), folds=2))
    latent = model.fit(sets)
    right = (latent.own_domain.argmax(1) == torch.cat(truth)).double().mean()
    assert max(right, 1 - right) > 0.92
    agree = (latent.at(torch.cat(sets)).argmax(1) == torch.cat(truth)).double().mean()
    assert max(agree, 1 - agree) > 0.92


def test_what_is_refused():
    with pytest.raises(MatchZooError, match="3 classes need as many domains, got 2"):
        LatentLabelShift(classes=3).fit([torch.zeros(9, 2)] * 2)
    with pytest.raises(MatchZooError, match="expected at least 2 clusters, got 1"):
        LatentLabelShift(classes=2, clusters=1).fit([torch.zeros(9, 2)] * 2)
