"""Adaptation of a classifier: what alignments and weights do where the truth is known, and what is refused."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.adaptation import adapt, method_of
from matchzoo.projectors import LinearTransport, LocationScale, Recoloring, SubspaceAlignment
from matchzoo.ratios import ULSIF, KernelMeanMatching


def blobs(n: int, seed: int):
    rng = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    centers = torch.tensor([[0.0, 4.0], [4.0, 0.0], [-3.0, -2.0]], dtype=torch.float64)
    return centers[labels] + torch.randn(n, 2, generator=rng, dtype=torch.float64), labels


SHEAR = torch.tensor([[1.5, 0.6], [0.6, 0.8]], dtype=torch.float64)  # symmetric: a transport map
METHODS = ("linear-transport", '{ kind = "linear-transport", ridge = 1e-6 }', LinearTransport())


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_shift_is_undone(method):
    (source, labels), (target, truth) = blobs(150, 0), blobs(120, 1)
    target = target @ SHEAR + 5
    plain = adapt(source, labels, target, None)
    adapted = adapt(source, labels, target, method)
    assert (plain.predict(target) == truth).double().mean() < 0.8
    assert (adapted.predict(target) == truth).double().mean() > 0.95

    measured = adapted.diagnostics()
    assert measured["mmd2_after"] < 0.2 * measured["mmd2_before"]
    assert measured["source_accuracy"] > 0.95
    assert measured["agreement"] == (plain.predict(target) == adapted.predict(target)).double().mean()
    assert measured["source_class_shares"] == pytest.approx([1 / 3] * 3)
    assert "effective_sample_size" not in measured


def test_the_classifier_is_scikit_learns_on_features_as_they_are():
    from sklearn.linear_model import LogisticRegression

    source, labels = blobs(90, 0)
    theirs = LogisticRegression(C=1, tol=1e-10).fit(source, labels)
    ours = adapt(source, labels, source + 1, None, standardize=False)
    np.testing.assert_allclose(ours.probabilities(source), theirs.predict_proba(source), atol=1e-3)


def test_weights_are_those_of_the_ratio_and_count():
    """Of two clusters with opposite labels along the second input, the target has one."""
    rng = torch.Generator().manual_seed(0)
    inputs = torch.randn(300, 2, generator=rng, dtype=torch.float64)
    is_near = torch.arange(300) < 100
    labels = ((inputs[:, 1] > 0) == is_near).long()
    source = inputs + torch.where(is_near, 3.0, -3.0)[:, None] * torch.tensor([1.0, 0.0])
    target = torch.randn(150, 2, generator=rng, dtype=torch.float64) + torch.tensor([3.0, 0.0])
    truth = (target[:, 1] > 0).long()
    assert (adapt(source, labels, target, None).predict(target) == truth).double().mean() < 0.5
    for method in ("reweight", ULSIF(), "kliep", KernelMeanMatching(constraint="non-negative")):
        adapted = adapt(source, labels, target, method)
        assert (adapted.predict(target) == truth).double().mean() > 0.9
        assert 20 < adapted.diagnostics()["effective_sample_size"] < 150
        assert adapted.aligned.source.weights is not None
        assert adapted.aligned.source.weights[is_near].sum() > 0.9 * adapted.aligned.source.weights.sum()


def test_methods_by_name():
    assert isinstance(method_of("coral", 4), Recoloring)
    assert isinstance(method_of("means", 4), LocationScale)
    assert isinstance(method_of("reweight", 4), ULSIF)
    assert method_of("none", 4) is None
    half = method_of("subspace-alignment", 5)
    assert isinstance(half, SubspaceAlignment)
    assert half.features == 2


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("corl", "unknown kind 'corl'; did you mean 'coral'"),
        ("identity", "unknown kind 'identity'"),
        ("{ kind = 'coral', rigde = 1 }", r"--method\.rigde: unknown key .*'ridge'"),
        ("{ kind = ", "not a TOML table"),
    ],
)
def test_methods_that_are_none(method, message):
    with pytest.raises(MatchZooError, match=message):
        method_of(method, 4)


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ((torch.rand(5, 2), torch.zeros(4, dtype=torch.int64), torch.rand(5, 2)), r"\[5, 2\], \[4\] and \[5, 2\]"),
        ((torch.rand(5, 2), torch.arange(5), torch.rand(5, 3)), r"\[5, 2\] and \[5, 3\]"),
        ((torch.full((5, 2), torch.nan), torch.arange(5), torch.rand(5, 2)), "must be finite"),
    ],
)
def test_sets_that_do_not_fit(sets, message):
    with pytest.raises(MatchZooError, match=message):
        adapt(*sets)


def test_a_map_of_a_singular_covariance_is_refused():
    source, labels = blobs(30, 0)
    source[:, 1] = 1.0
    with pytest.raises(MatchZooError, match="a covariance is singular"):
        adapt(source, labels, source + 1, Recoloring(ridge=0.0))


def test_a_map_of_the_target_that_is_not_finite_is_refused():
    class Broken(LocationScale):
        def maps(self, source, target):
            return None, lambda rows: rows / 0

    with pytest.raises(MatchZooError, match="the map is not finite"):
        adapt(torch.randn(6, 2), torch.arange(6) % 2, torch.randn(5, 2), Broken())
