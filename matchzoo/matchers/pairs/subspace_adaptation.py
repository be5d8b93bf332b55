"""Adaptation of a generator to a hybrid of several domains, of each of which there are few samples."""

from collections.abc import Sequence
from typing import Any, ClassVar

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.samples import Samples, unweighted
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.matcher import Matcher

FLOOR = 1e-3
"""Of a step's length, in units of what is missing, below which its direction counts less."""


def affine_complement(references: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The affine span of some references: its center m [d], their mean, and the projection I − B Bᵀ [d, d] on what is
    perpendicular to it, with B an orthonormal basis of the references less their mean.

    The residual of a point z is (I − B Bᵀ)(z − m): 0 on the span, and nowhere else.

    Args:
        references: [k, d].

    Raises:
        MatchZooError: the references span all of the feature space, so that every point has the residual 0; or there is
            none.
    """
    if not len(references):
        raise MatchZooError("references: expected at least one, got none")
    center = references.mean(0)
    _, singular, directions = torch.linalg.svd(references - center, full_matrices=False)
    smallest = singular.max() * max(references.shape) * torch.finfo(references.dtype).eps
    basis = directions[singular > smallest]
    k, d = references.shape
    if len(basis) >= d:
        raise MatchZooError(
            f"references: {k} of them span all {d} dimensions of the features, so that nothing is outside of their "
            f"span; take at most {d} of them, or more features"
        )
    return center, torch.eye(d, dtype=references.dtype, device=references.device) - basis.T @ basis


def subspace_residual(features: torch.Tensor, center: torch.Tensor, complement: torch.Tensor) -> torch.Tensor:
    """The part [n, d] of features z [n, d] that is outside of an affine span: (I − B Bᵀ)(z − m).

    Args:
        features: z [n, d].
        center: m [d], of `affine_complement`.
        complement: I − B Bᵀ [d, d], of `affine_complement`.
    """
    return (features - center) @ complement


def subspace_adaptation_loss(
    adapted: torch.Tensor,
    source: torch.Tensor,
    spans: Sequence[tuple[torch.Tensor, torch.Tensor]],
    direction: float = 50.0,
) -> torch.Tensor:
    """Mean over rows of Σ_i |r_i(z)|² + λ (1 − cos(z − z₀, −Σ_i r_i(z₀))), a scalar, with r_i the `subspace_residual`
    of target i: how far adapted features z are from every target's span, and how far the direction of their way from
    those of the source, z₀, is from the shortest one toward these spans.

    The cosine counts less where z is nearer to z₀ than a thousandth of Σ_i r_i(z₀): it has no direction at z₀, where
    training begins.

    Examples:
        >>> spans = [affine_complement(sheared), affine_complement(bold)]  # [k, d] each
        >>> subspace_adaptation_loss(encode(generator(z)), encode(source(z)), spans)

    Args:
        adapted: z [n, d].
        source: z₀ [n, d], row by row of the same draws.
        spans: one `affine_complement` of each target.
        direction: λ.

    Raises:
        MatchZooError: features are not of one shape, or there is no target.

    Source: Few-shot hybrid domain adaptation of image generators, arXiv 2310.19378, as its abstract has it;
    the floor is ours.
    """
    if adapted.shape != source.shape or not spans:
        got = f"{list(adapted.shape)}, {list(source.shape)} and {len(spans)}"
        raise MatchZooError(f"subspace-adaptation: expected two sets of one shape [n, d] and some spans, got {got}")
    distance = torch.stack([subspace_residual(adapted, *span).square().sum(1) for span in spans]).sum(0)
    if not direction:
        return distance.mean()
    missing = -torch.stack([subspace_residual(source, *span) for span in spans]).sum(0).detach()
    displacement = adapted - source.detach()
    length = missing.norm(dim=1).clamp_min(torch.finfo(missing.dtype).tiny)
    squared = displacement.square().sum(1).clamp_min(torch.finfo(displacement.dtype).tiny)
    cosine = (displacement * missing).sum(1) / (torch.maximum(squared.sqrt(), FLOOR * length) * length)
    return (distance + direction * (1 - cosine)).mean()


@declare("subspace-adaptation")
class SubspaceAdaptation(Matcher):
    """`subspace_adaptation_loss` of what a generator of kind ``map`` makes of its source, in a space that nobody moves:
    samples with what is common to each of several targets, none of which has it all.

    The references of every target are looked at once, before the first step; they must be fewer than the features.

    Source: Few-shot hybrid domain adaptation of image generators, arXiv 2310.19378.
    """

    default_sets: ClassVar[tuple[str, ...]] = ("source", "synthetic")
    targets: tuple[str, ...] = attrs.field(validator=not_empty())
    """Names of the splits of the data that the references of each target are taken from."""
    references: int = attrs.field(default=10, validator=at_least(1))
    """How many of each, drawn once; all samples of a split that has no more."""
    direction: float = attrs.field(default=50.0, validator=at_least(0))
    """λ: weight of the direction; 0 for the distance alone."""

    def build(self, spec: Spec) -> None:
        """Make room for the spans; raises where the dimension of the features is not known."""
        if spec.features is None:
            raise MatchZooError("subspace-adaptation: it needs features; in a loop use subspace_adaptation_loss")
        self.register_buffer("centers", torch.zeros(len(self.targets), spec.features))
        self.register_buffer("complements", torch.zeros(len(self.targets), spec.features, spec.features))

    def prepare(self, pool: Any) -> None:
        """Take the span of every target's references."""
        for position, name in enumerate(self.targets):
            if name not in pool.sets:
                hint = did_you_mean(name, pool.sets)
                raise DeclarationError(
                    [("targets", f"unknown set '{name}'{hint}; the data have {', '.join(pool.sets)}")]
                )
            split = pool.sets[name]
            rows = torch.randperm(len(split), generator=pool.step.rng("references", name))[: self.references]
            features = pool.project(split.part(rows), self.spaces[0]).values.flatten(1)
            center, complement = affine_complement(features.double())
            self.get_buffer("centers")[position].copy_(center)
            self.get_buffer("complements")[position].copy_(complement)

    def discrepancy(self, sets: Sequence[Samples], step: Step) -> Discrepancy:
        """The loss of two sets of features [n, d], the source first, whose rows are pairs."""
        source, adapted = (unweighted(samples, "subspace-adaptation").values for samples in sets)
        centers, complements = (self.get_buffer(name).to(adapted) for name in ("centers", "complements"))
        if not bool(complements.any()):
            raise MatchZooError(
                "subspace-adaptation: it has looked at no references yet; in your own training loop use "
                "subspace_adaptation_loss"
            )
        spans = list(zip(centers, complements, strict=True))
        return Discrepancy(subspace_adaptation_loss(adapted, source, spans, self.direction))
