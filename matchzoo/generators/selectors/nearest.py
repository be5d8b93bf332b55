"""The real samples nearest to those of a distilled set."""

from pathlib import Path
from typing import Any

import attrs
import torch

from matchzoo.core.class_names import relabel
from matchzoo.core.declaration.declare import FAMILIES, declare
from matchzoo.core.declaration.structuring import REFUSE
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples, class_indices, unweighted
from matchzoo.core.spec import Spec
from matchzoo.data.data import Data, Loaded
from matchzoo.data.images.arrays import Arrays
from matchzoo.data.pool import Pool
from matchzoo.data.reading.encoded import Decoded
from matchzoo.data.split import Split
from matchzoo.generators.selectors.selector import Selector, refuse_count

PATH = "generator.method.to"
"""Where a recipe declares the set, for errors."""
TENSORS = "images.safetensors"
"""The file of a distilled set that holds its images."""


def nearest_rows(queries: Samples, features: Samples, distinct: bool = False) -> torch.Tensor:
    """For each query the row of the sample of its class with the largest cosine of features; [m], on the CPU.

    Args:
        queries: values [m, d] with labels.
        features: values [n, d] with labels.
        distinct: a different row for each query: pairs are made in order of their cosine, the largest first.

    Raises:
        MatchZooError: a class has fewer samples than queries, where they are to be distinct.
    """
    for samples in (queries, features):
        unweighted(samples, "nearest")
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
            raise MatchZooError(f"class {label}: it has fewer samples than there are images to find a neighbor for")
        rows[query] = row
        similarity[query] = -torch.inf
        similarity[:, row] = -torch.inf
    return rows


def refuse_path(value: Any) -> None:
    """Raise a `DeclarationError` where a set is given by a path, as earlier versions took it."""
    if not isinstance(value, str | Path) or value in FAMILIES[Data].names():
        return

    path = Path(value)
    files = [path] if path.suffix == ".safetensors" else [path / "distilled" / TENSORS, path / TENSORS]
    file = next((file for file in files if file.expanduser().is_file()), None)
    example = f'{{ kind = "arrays", path = "{(file or files[0]).as_posix()}", test_share = 0 }}'
    message = f"expected data (a table with 'kind'), got the path {str(value)!r}; write to = {example}"
    if file is None:
        message += f'; a set in another form is saved first: DistilledDataset.load("{value}").save(FOLDER)'
    raise DeclarationError([("", message)])


def _is_data(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    """Raise a `DeclarationError` where a set in Python is no data."""
    try:
        refuse_path(value)
    except DeclarationError as error:
        raise error.under(attribute.name) from None


@declare("nearest")
class Nearest(Selector):
    """For each image of a distilled set another real image of its class: the one with the largest cosine of features.

    Every real image is taken once at most, so none stands for two distilled ones.

    Source: the neighbors of arXiv 2511.16674, which are of one image per class.
    """

    to: Data = attrs.field(metadata={REFUSE: refuse_path}, validator=_is_data)
    """The set, all of it training samples: of a run, ``{ kind = "arrays", path = "RUN/distilled/images.safetensors",
    test_share = 0 }``."""

    def count(self, spec: Spec, per_class: int | None) -> int:
        """As many as the set has."""
        refuse_count("nearest", per_class, "the set has")
        return len(self._load().train)

    def select(self, pool: Pool, per_class: int | None) -> torch.Tensor:
        """Rows [m], in the order of the set."""
        loaded = self._load()
        if loaded.train.shape != pool.split.shape:
            shapes = ["x".join(map(str, shape)) for shape in (loaded.train.shape, pool.split.shape)]
            raise MatchZooError(f"{PATH}: its images are {shapes[0]}, those of the data {shapes[1]}; set data.size")

        samples = loaded.train.all()
        assert samples.labels is not None
        try:
            labels = relabel(samples.labels, loaded.class_names, pool.class_names)
        except MatchZooError as error:
            raise MatchZooError(f"{PATH}: {error}") from None
        return nearest_rows(pool.project(Split(samples.values, labels)), pool.features, distinct=True)

    def _load(self) -> Loaded:
        """The set; raises where it has no labels, or keeps some of its images for testing."""
        share = self.to.test_share if isinstance(self.to, Arrays | Decoded) else 0
        if share:
            message = f"expected 0, got {share}: no image of the set is kept for testing"
            raise DeclarationError([(f"{PATH}.test_share", message)])

        try:
            loaded = self.to.load()
        except MatchZooError as error:
            raise MatchZooError(f"{PATH}: {error}") from None
        if loaded.train.labels is None:
            raise DeclarationError([(PATH, "expected data with labels: neighbors are of the same class")])
        return loaded
