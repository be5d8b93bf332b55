"""Finer classes, one of each synthetic image: what more images per class can be matched with."""

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.numerics.clustering import k_means
from matchzoo.core.numerics.distances import squared_distances
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.data.split import Split
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import AroundMatcher, Matcher
from matchzoo.matchers.reference import Cache, Online, weighted_class_means
from matchzoo.models.transport.exact import assignment


def class_clusters(
    features: torch.Tensor, labels: torch.Tensor, per_class: int, seed: int = 0, restarts: int = 3
) -> torch.Tensor:
    """Finer classes: the rows of every class in ``per_class`` clusters of `k_means`.

    Examples:
        >>> class_clusters(torch.randn(60, 8), torch.arange(60) % 3, per_class=4).bincount().shape
        torch.Size([12])

    Args:
        features: [n, d].
        labels: class indices [n], every class among them.
        per_class: clusters of every class, k.
        seed: of the starts.
        restarts: starts to choose from, for each class.

    Returns:
        [n] int64: row i is in cluster number c · k + j with c its class and j from 0 to k − 1; none is empty.

    Raises:
        MatchZooError: a class has fewer rows than clusters.
    """
    numbers = torch.empty_like(labels)
    for label in range(int(labels.max()) + 1):
        rows = (labels == label).nonzero().flatten()
        if len(rows) < per_class:
            raise MatchZooError(
                f"clusters: class {label} has {len(rows)} samples, too few for {per_class} clusters; lower "
                "images_per_class"
            )
        numbers[rows] = label * per_class + k_means(features[rows], per_class, seed, restarts).to(labels)
    return numbers


@declare("per-image")
class PerImage(AroundMatcher, Matcher):
    """Another term on finer classes, one of each synthetic image: before the first step the real samples of a class are
    put into as many clusters as the class has images, and each image is matched with a cluster of its own.

    A gradient of a linear head, a flow and class means are first moments of classes: whatever the number of images of a
    class, they give all of them the same target, the class mean. With a class for each image they have as many targets.
    Labels, and evaluations, stay those of the data.

    Clusters are `class_clusters` of the features without augmentation in the space of the term. Within a class they are
    given to the images by an assignment that makes the sum of squared distances between the features of the images at
    the start and the centers least, so that images that start from real ones keep theirs. Clusters are part of
    checkpoints.

    In your own training loop, pass these classes as labels: `class_clusters` for the real side, the number of the
    image for the synthetic one.

    Source: ours. Clusters of a class as targets of their own are old (learning vector quantization, Kohonen, 1990;
    subclass discriminant analysis, Zhu and Martinez, 2006).
    """

    matcher: Matcher
    """Of the finer classes; without sets, space and reference, which are those of this term."""
    means: bool = False
    """Compare with the mean feature of each cluster in place of all of its samples: exact for statistics that are
    functions of class means, close for ``head-gradient`` with a small ``std``, and the cheapest. With a stored
    reference (``cache``) only."""
    sizes: bool = False
    """Clusters, and the images that they are given to, weigh as many samples as they have; if not, all clusters, and
    all images, weigh the same."""
    restarts: int = attrs.field(default=3, validator=at_least(1))
    """Starts of k-means to choose from, for each class."""

    def __attrs_post_init__(self) -> None:
        inner = self.matcher
        if inner.sets is not None or inner.space is not None or not isinstance(inner.reference, Online):
            raise DeclarationError([("matcher", "sets, space and reference belong to the term around it")])
        if self.sets not in (None, ("real", "synthetic")):
            raise DeclarationError([("sets", 'expected ["real", "synthetic"], which is the default')])
        if not isinstance(self.reference, Online | Cache):
            message = "means of classes do not know of clusters; use reference = 'cache' and means = true"
            raise DeclarationError([("reference", message)])
        if self.means and not isinstance(self.reference, Cache):
            raise DeclarationError([("means", "are of stored features; use reference = 'cache'")])

    def build(self, spec: Spec) -> None:
        """Build the term for the finer classes; raises without classes, or images of them."""
        if spec.classes is None or not spec.images_per_class:
            has = "the data have no labels" if spec.classes is None else "the generator has no images of classes"
            raise DeclarationError([("matcher", f"per-image is of images of classes, and {has}")])
        self.classes, self.images_per_class = spec.classes, spec.images_per_class
        count = self.classes * self.images_per_class
        self.matcher.build(attrs.evolve(spec, classes=count, class_names=tuple(map(str, range(count)))))
        self.clusters = nn.Buffer(torch.arange(max(spec.count, 1)) % count)
        self.counts = nn.Buffer(torch.ones(count))
        self.kept: tuple[weakref.ref[Samples], Samples] | None = None

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the generator, and bind the term."""
        self.generator: tuple[Any] = (parts["generator"],)  # in a tuple, since it is not a part of this
        super().bind(parts)

    def prepare(self, pool: Pool) -> None:
        """Find the clusters, and give them to the images; raises where a class has too few samples."""
        features = pool.project(pool.split, self.spaces[0])
        [generator] = self.generator
        assert features.labels is not None  # of data with classes, which build has seen to
        labels = features.labels
        clusters = class_clusters(features.values, labels, self.images_per_class, pool.step.seed, self.restarts)

        images = generator.sample()
        assert images.labels is not None
        start = pool.project(Split(images.values), self.spaces[0]).values
        numbers = given_to(start, class_indices(images.labels), features.values, clusters, self.images_per_class)
        self.clusters.copy_(numbers[clusters])
        self.counts.copy_(self.clusters.cpu().bincount(pool.weights, minlength=len(self.counts)))  # as often as drawn
        super().prepare(pool)

    @property
    def supports_float16(self) -> bool:
        """As the term; means are taken in the precision that is stored."""
        return self.matcher.supports_float16

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """That of the term, of finer classes; raises for samples that do not say which rows they are."""
        real, synthetic = sets
        return self.matcher.discrepancy([self._real(real), self._synthetic(synthetic)], step)

    def _synthetic(self, samples: Samples) -> Samples:
        """Images that are classes of their own."""
        if samples.index is None:
            raise DeclarationError(
                [("matcher", "per-image needs a generator of single images, with rows of their own")]
            )
        index = samples.index
        if not self.sizes:
            return attrs.evolve(samples, labels=index)
        weights = self.counts[index.to(self.counts.device)].to(samples.values)
        return attrs.evolve(
            samples, labels=index, weights=weights if samples.weights is None else weights * samples.weights
        )

    def _real(self, samples: Samples) -> Samples:
        """Real samples with their clusters as classes, or the means of these."""
        if samples.index is None:
            raise DeclarationError([("matcher", "per-image needs real samples that say which rows they are")])
        clusters, weights = self.clusters.to(samples.index.device)[samples.index % len(self.clusters)], samples.weights
        if not self.sizes:
            shares = 1 / self.counts.to(clusters.device)[clusters % len(self.counts)]
            weights = shares.to(samples.values) if weights is None else weights * shares.to(weights)
        labeled = attrs.evolve(samples, labels=clusters, weights=weights)
        if not self.means:
            return labeled
        if self.kept is None or self.kept[0]() is not samples:
            self.kept = (weakref.ref(samples), cluster_means(labeled, self.classes * self.images_per_class))
        return self.kept[1]


def cluster_means(samples: Samples, count: int) -> Samples:
    """The mean features [m, d] of samples with class indices 0 … m − 1, one sample each that weighs as much as they."""
    values, labels = samples.values, samples.labels
    assert labels is not None
    if values.is_meta:  # shapes without values, when a run is planned
        return Samples(values[:count].float(), labels[:count], values.new_ones(count))
    values = values.float() if values.dtype in (torch.float16, torch.bfloat16) else values
    weights = values.new_ones(len(values)) if samples.weights is None else samples.weights
    means, totals = weighted_class_means(values, labels, weights, count)
    return Samples(means, torch.arange(count, device=means.device), totals.to(means))


def given_to(
    start: torch.Tensor, classes: torch.Tensor, features: torch.Tensor, clusters: torch.Tensor, per_class: int
) -> torch.Tensor:
    """Which image each cluster is given to: within a class the assignment with the least sum of squared distances.

    Args:
        start: features [m, d] of the images.
        classes: of the images, [m].
        features: of the real samples, [n, d].
        clusters: of these, [n], as `class_clusters` numbers them.
        per_class: k; m = classes · k.

    Returns:
        [m] int64: the number of the image that cluster c · k + j is given to.
    """
    weights = torch.ones(len(features), dtype=features.dtype, device=features.device)
    centers, _ = weighted_class_means(features, clusters, weights, len(start))
    numbers = torch.empty(len(start), dtype=torch.int64)
    for label, own in enumerate(centers.split(per_class)):
        images = (classes == label).nonzero().flatten().cpu()
        partners = assignment(squared_distances(own, start[images.to(start.device)].to(own)))
        numbers[label * per_class : (label + 1) * per_class] = images[torch.from_numpy(partners)]
    return numbers.to(clusters.device)
