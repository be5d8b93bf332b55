"""The real samples nearest to those of a distilled set."""

import torch

from matchzoo.core.declare import declare
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.spec import Facts
from matchzoo.data.split import Split
from matchzoo.generators.pool import Pool
from matchzoo.generators.selectors.selector import Selector, refuse_count
from matchzoo.hub.distilled import DistilledDataset


def nearest_rows(queries: Samples, features: Samples, distinct: bool = False) -> torch.Tensor:
    """For each query the row of the sample of its class with the largest cosine of features; [m], on the CPU.

    Args:
        queries: values [m, d] with labels.
        features: values [n, d] with labels.
        distinct: a different row for each query: pairs are made in order of their cosine, the largest first.

    Raises:
        MatchZooError: a class has fewer samples than queries, where they are to be distinct.
    """
    assert queries.labels is not None
    assert features.labels is not None
    similarity = torch.nn.functional.normalize(queries.values) @ torch.nn.functional.normalize(features.values).T
    wanted = class_indices(queries.labels)
    similarity[wanted[:, None] != features.labels] = -torch.inf
    if not distinct:
        return similarity.argmax(1).cpu()
    rows = torch.full((len(queries),), -1)
    for _ in range(len(queries)):
        query, row = divmod(int(similarity.argmax()), len(features))
        if similarity[query, row] == -torch.inf:
            label = int(wanted[int((rows < 0).nonzero()[0])])
            raise MatchZooError(f"class {label}: it has fewer samples than there are images to find a neighbour for")
        rows[query] = row
        similarity[query] = -torch.inf
        similarity[:, row] = -torch.inf
    return rows


@declare("nearest")
class Nearest(Selector):
    """For each image of a distilled set another real image of its class: the one with the largest cosine of features.

    Every real image is taken once at most, so none stands for two distilled ones.

    Source: the neighbours of arXiv 2511.16674, which are of one image a class.
    """

    to: str
    """Folder of a run, or a file of a distilled set."""

    def count(self, facts: Facts, per_class: int | None) -> int:
        """As many as the set has."""
        refuse_count("nearest", per_class, "the set has")
        return len(DistilledDataset.load(self.to))

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [m], in the order of the set."""
        distilled = DistilledDataset.load(self.to).with_classes(pool.class_names, self.to)
        if distilled.images.shape[1:] != pool.split.shape:
            shapes = ["x".join(map(str, shape)) for shape in (distilled.images.shape[1:], pool.split.shape)]
            raise MatchZooError(f"{self.to}: its images are {shapes[0]}, those of the data {shapes[1]}; set data.size")
        return nearest_rows(pool.project(Split(distilled.images, distilled.labels)), pool.features, distinct=True)
