"""Principal axes against scikit-learn."""

import numpy as np
import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.projectors import PrincipalComponents, principal_axes


def test_axes_and_map_are_scikit_learns():
    from sklearn.decomposition import PCA

    values = torch.from_numpy(np.random.default_rng(0).normal(size=(20, 4)) @ np.diag([3.0, 2, 1, 0.5]) + 1)
    theirs = PCA(2).fit(values.numpy())
    axes = principal_axes(values, 2)
    np.testing.assert_allclose(axes.abs().T, abs(theirs.components_), atol=1e-12)
    assert (axes.gather(0, axes.abs().argmax(0, keepdim=True)) > 0).all()
    fitted, same = PrincipalComponents(features=2).maps(values[:8], values[8:])
    assert fitted is same
    np.testing.assert_allclose(fitted(values).abs(), abs(theirs.transform(values.numpy())), atol=1e-12)


def test_more_axes_than_there_are():
    with pytest.raises(MatchZooError, match="at most 3 of 3 samples of 5 features, got features = 4"):
        principal_axes(torch.rand(3, 5), 4)
