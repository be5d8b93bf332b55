"""Latent label shift: classes nobody labeled, told by domains in which their shares differ."""

from collections.abc import Sequence

import attrs
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.validators import at_least
from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.clustering import k_means
from matchzoo.core.numerics.float64 import double
from matchzoo.ratios.label_shift.factorization import factorize_shares
from matchzoo.ratios.label_shift.k_way import KWay, KWayRatio


def class_given_domain(clusters: torch.Tensor, domains: torch.Tensor, classes: int, seed: int = 0) -> torch.Tensor:
    """p(y|d) [k, D] from clusters of samples: the shares of m clusters in every domain, as mixtures of k classes.

    With as many clusters as classes these shares are p(y|d) themselves, each cluster a class; with more of them they
    are factorized (`factorize_shares`).

    Args:
        clusters: [n] int64, m different ones.
        domains: [n] int64, D different ones.
        classes: k, at most m.
        seed: of the factorization.
    """
    counts = F.one_hot(clusters).double().T @ F.one_hot(domains).double()  # [m, D]
    shares = counts / counts.sum(0)
    return shares if len(shares) == classes else factorize_shares(shares, classes, seed)[1]


def domain_given_class(p_y_given_d: torch.Tensor, shares: torch.Tensor | None = None) -> torch.Tensor:
    """p(d|y) ∝ p(y|d) p(d): [D, k] of p(y|d) [k, D] and p(d) [D], which is uniform if not given."""
    joint = double(p_y_given_d) if shares is None else double(p_y_given_d) * double(shares)
    return (joint / joint.sum(1, keepdim=True)).T


def class_given_x(
    p_d_given_x: torch.Tensor, p_y_given_d: torch.Tensor, shares: torch.Tensor | None = None, *, clip: bool = True
) -> torch.Tensor:
    """p(y|x) [n, k], in the mixture of all domains, by p(d|x) = Σ_y p(d|y) p(y|x): least squares.

    Args:
        p_d_given_x: [n, D].
        p_y_given_d: [k, D], of rank k ≤ D.
        shares: p(d) [D], uniform if not given.
        clip: set negative values to 0 and divide by the sum; the raw solution is not bound to be probabilities.
    """
    solved = double(p_d_given_x) @ torch.linalg.pinv(domain_given_class(p_y_given_d, shares)).T
    if not clip:
        return solved
    clipped = solved.clamp_min(0)
    return clipped / clipped.sum(1, keepdim=True)


def class_given_x_and_domain(
    p_y_given_x: torch.Tensor, p_y_given_d: torch.Tensor, shares: torch.Tensor | None = None
) -> torch.Tensor:
    """p(y|x, d) ∝ p(y|x) p(d|y) [n, k, D]: the prediction for a sample that is known to be of domain d.

    Args:
        p_y_given_x: [n, k].
        p_y_given_d: [k, D].
        shares: p(d) [D], uniform if not given.
    """
    joint = double(p_y_given_x)[:, :, None] * domain_given_class(p_y_given_d, shares).T
    return joint / joint.sum(1, keepdim=True)


@attrs.frozen(eq=False)
class LatentLabels:
    """What was learned of classes from domains; the order of the classes means nothing.

    Attributes:
        class_given_domain: p(y|d) [k, D].
        class_given_x: p(y|x) [n, k] of every sample, in the mixture of all domains.
        own_domain: p(y|x, d) [n, k] of every sample in its own domain.
        k_way: what told the domains apart.
    """

    class_given_domain: torch.Tensor
    class_given_x: torch.Tensor
    own_domain: torch.Tensor
    k_way: KWayRatio

    def at(self, x: torch.Tensor) -> torch.Tensor:
        """p(y|x) [m, k] at new points [m, d], in the mixture of all domains."""
        return class_given_x(self.k_way.probabilities(x), self.class_given_domain, self.k_way.shares)


@attrs.frozen(kw_only=True)
class LatentLabelShift:
    """Classes from D unlabeled domains that differ in the shares of the classes and in nothing else (DDFA).

    1. p(d|x), cross-fitted (`KWay`): all that a domain can tell of x is its class, so p(d|x) is a function of p(y|x).
    2. k-means of p(d|x); the clusters' shares in each domain give p(y|d) (`class_given_domain`).
    3. p(y|x) by p(d|x) = Σ_y p(d|y) p(y|x), and p(y|x, d) ∝ p(y|x) p(d|y).

    p(d) is that of the samples; the paper draws all domains alike, and so has it uniform.

    Examples:
        >>> latent = LatentLabelShift(classes=5).fit(domains)  # at least 5 sets [n, d]
        >>> latent.own_domain.argmax(1)  # [n], one domain after the other

    Attributes:
        classes: k, at most the number of domains.
        clusters: m, at least k; as many as classes if not given.
        discriminator: tells domains apart.

    Source: Roberts, Mani, Garg and Lipton, Unsupervised learning under latent label shift, NeurIPS 2022.
    """

    classes: int = attrs.field(validator=at_least(2))
    clusters: int | None = None
    discriminator: KWay = attrs.field(factory=KWay)

    def fit(self, sets: Sequence[torch.Tensor], seed: int = 0) -> LatentLabels:
        """Learn the classes.

        Args:
            sets: D domains, each samples [n, d].
            seed: of the folds and the clusters.

        Raises:
            MatchZooError: fewer domains or clusters than classes, or sets that `KWay.fit` refuses.
        """
        if self.classes > len(sets):
            message = f"latent label shift: {self.classes} classes need as many domains, got {len(sets)}"
            raise MatchZooError(f"{message}; shares of fewer do not tell them apart")
        count = self.classes if self.clusters is None else self.clusters
        if count < self.classes:
            raise MatchZooError(f"latent label shift: expected at least {self.classes} clusters, got {count}")
        k_way = self.discriminator.fit(sets, seed)
        clusters = k_means(k_way.out_of_fold, count, seed)
        shares = class_given_domain(clusters, k_way.domains, self.classes, seed)
        p_y_given_x = class_given_x(k_way.out_of_fold, shares, k_way.shares)
        of_domains = class_given_x_and_domain(p_y_given_x, shares, k_way.shares)
        return LatentLabels(shares, p_y_given_x, of_domains[torch.arange(len(clusters)), :, k_way.domains], k_way)
