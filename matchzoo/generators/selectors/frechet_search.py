"""Parts of a pool that together are distributed like a target."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.clustering import k_means
from matchzoo.core.numerics.float64 import double
from matchzoo.core.spec import Spec
from matchzoo.data.pool import Pool
from matchzoo.data.split import Split
from matchzoo.generators.selectors.selector import Selector, refuse_count
from matchzoo.models.transport import gaussian_cost


@attrs.frozen(kw_only=True, eq=False)
class Search:
    """What a search for parts of a pool saw.

    Attributes:
        order: the clusters [k], by ascending distance to the target of each by itself.
        distances: of each cluster [k], in the order of their numbers.
        joint: of the first 1 … k clusters of the order together, [k].
        kept: how many of the first make the least joint distance.
    """

    order: torch.Tensor
    distances: torch.Tensor
    joint: torch.Tensor
    kept: int

    def rows(self, clusters: torch.Tensor) -> torch.Tensor:
        """Rows [m], ascending, of the clusters that are kept, given the cluster [n] of every row."""
        return torch.isin(clusters, self.order[: self.kept].to(clusters.device)).nonzero().flatten()


def frechet_search(pool: torch.Tensor, clusters: torch.Tensor, target: torch.Tensor) -> Search:
    """Clusters of a pool are merged, the ones nearest to the target first, and the first so many with the least joint
    Fréchet distance are kept.

    The distance is that of Gaussians with the mean and covariance of the features (unbiased), exact for all rows: the
    published code takes a random part of the pool against the whole target.

    Args:
        pool: features [n, d].
        clusters: of every row, [n] int64 from 0 to k − 1, none of them empty; one of a single row has no spread.
        target: features [m, d], m at least 2.

    Raises:
        MatchZooError: a cluster is empty, the target has fewer than two rows, or features are of other dimensions.

    Source: Yao et al., Large-scale training data search for object re-identification, CVPR 2023 (search and pruning).
    """
    count = int(clusters.max()) + 1
    sizes = torch.bincount(clusters, minlength=count)
    if pool.shape[1:] != target.shape[1:] or int(sizes.min()) < 1 or len(target) < 2:
        raise MatchZooError(
            f"Fréchet search: expected a row of each of {count} clusters and two of the target, of one dimension, got "
            f"{int(sizes.min())} and {len(target)} of {list(pool.shape[1:])} and {list(target.shape[1:])}"
        )
    wide, mean, covariance = double(pool), double(target).mean(0), double(target).T.cov()

    def distance(rows: torch.Tensor) -> torch.Tensor:
        some = wide[rows]
        spread = some.T.cov() if len(some) > 1 else torch.zeros_like(covariance)
        return gaussian_cost(some.mean(0), spread, mean, covariance)

    distances = torch.stack([distance(clusters == cluster) for cluster in range(count)])
    order = distances.argsort(stable=True)
    joint = torch.stack([distance(torch.isin(clusters, order[: first + 1])) for first in range(count)])
    return Search(order=order, distances=distances, joint=joint, kept=int(joint.argmin()) + 1)


@declare("frechet-search")
class FrechetSearch(Selector):
    """`frechet_search` of k-means clusters of the training samples' features, cut to a budget at random.

    It looks at no labels of the target, and chooses from the pool as a whole: classes are not balanced.
    """

    target: str = attrs.field(default="target", validator=not_empty())
    """Name of the set whose distribution is wanted."""
    clusters: int = attrs.field(default=50, validator=at_least(1))
    """Of the pool."""
    budget: int = attrs.field(validator=at_least(1))
    """Samples that are chosen; as many must be in the clusters that are kept."""

    def count(self, spec: Spec, per_class: int | None) -> int:
        """The budget."""
        refuse_count("frechet-search", per_class, "its budget says")
        return self.budget

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [budget]."""
        features = pool.features.values.flatten(1)
        target = pool.project(self._target(pool)).values.flatten(1)
        found = k_means(features, self.clusters)
        rows = frechet_search(features, found, target).rows(found).cpu()
        if len(rows) < self.budget:
            message = f"the clusters like the target have {len(rows)} samples, got {self.budget}; use fewer clusters"
            raise DeclarationError([("generator.method.budget", message)])
        kept = torch.randperm(len(rows), generator=pool.step.rng("frechet-search"))[: self.budget]
        return rows[kept.sort().values]

    def _target(self, pool: Pool) -> Split:
        if self.target not in pool.sets:
            known = ", ".join(pool.sets)
            message = f"unknown set '{self.target}'; the data have {known}"
            raise DeclarationError([("generator.method.target", message)])
        return pool.sets[self.target]
