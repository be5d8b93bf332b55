"""The statistic of a trained linear head: gradient, curvature or gradient variance of its loss on a set."""

from collections.abc import Mapping, Sequence

import attrs
import torch
from torch import nn

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import between, not_empty
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.core.part import Part
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.matchers.statistics.class_means import classes_of
from matchzoo.matchers.statistics.gradients.head_curvature import LinearHead, Quantity
from matchzoo.matchers.statistics.statistic import Statistic
from matchzoo.models.networks.mlp import MLP
from matchzoo.projectors.learned import Learned


@declare("linear-head")
class LinearHeadStatistic(Statistic):
    """A quantity [c, d + 1] of the loss of a linear head that is another projector of the recipe, and stands on the
    space in which sets are compared. Gradients reach the features, and the head's weights and bias where a player moves
    it.

    Over environments, under ``squared`` and ``to-mean``: of the ``gradient`` it is IGA's penalty, of the head alone; of
    ``hessian-gradient`` and ``hessian-diagonal``, beside that of the gradient, Hessian alignment (HGP, and what
    Hutchinson's estimator approaches); of ``gradient-variance`` Fishr's. Under ``inner-product`` and ``pairwise`` the
    gradient's is Fish's, to first order.

    The center of ``hessian-gradient`` is H̄ ḡ, the mean Hessian times the mean gradient, as in the paper, and not the
    mean of the products.

    With ``decay`` β the statistic of set i is m_i / (1 − β), m_i ← β m_i + (1 − β) s_i with the past held fixed, so
    that gradients keep the size that they have without: Fishr has 0.95. The m_i are state, kept in checkpoints and
    written once an update has succeeded.

    Source: Hemati et al., Understanding Hessian alignment for domain generalization, ICCV 2023, equations 6 to 9; Rame
    et al., Fishr, ICML 2022; Koyama and Yamaguchi (IGA), 2020; Shi et al., Gradient matching for domain generalization
    (Fish), ICLR 2022.
    """

    head: str = attrs.field(validator=not_empty())
    """Name of the projector, of kind ``learned`` with a network ``mlp`` without hidden layers and a feature for every
    class."""
    quantity: Quantity = "gradient"
    """What of its loss."""
    decay: float = attrs.field(default=0.0, validator=between(0, 1, open_high=True))
    """Share of the past in a running mean of each set's statistic; none at 0."""

    def build(self, spec: Spec) -> None:
        """Take the numbers of classes, features and sets; raises without classes, or for a running mean of sets whose
        number is not known."""
        self.classes, self.features = classes_of(spec, "linear-head"), spec.features
        self.pending: torch.Tensor | None = None
        if self.decay:
            if not spec.sets or spec.features is None:
                raise DeclarationError([("statistic.decay", "a running mean is of the sets of a recipe; use 0")])
            self.register_buffer("past", torch.zeros(spec.sets, self.classes, spec.features + 1))

    @property
    def known_shape(self) -> tuple[int, ...] | None:
        """[c, d + 1]."""
        return None if self.features is None else (self.classes, self.features + 1)

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Take the head; raises if there is none of that name, or it is not a linear head on these features."""
        projector = parts.get(self.head)
        if projector is None:
            hint = did_you_mean(self.head, parts)
            raise DeclarationError([("statistic.head", f"unknown projector '{self.head}'{hint}")])
        layer = linear_layer(projector)
        if layer is None or layer.out_features != self.classes:
            message = (
                f'a linear head is of kind "learned" with features = {self.classes} and '
                'network = { kind = "mlp", widths = [] }'
            )
            raise DeclarationError([(f"projectors.{self.head}", message)])
        if layer.in_features != self.features:
            message = f"the head takes {layer.in_features} features, but the term's space has {self.features}"
            raise DeclarationError([("statistic.head", f"{message}; give the term the space that the head stands on")])
        self.layer = (layer,)  # in a tuple, since it is a part of the projector and not of this

    def on(self, samples: Samples) -> LinearHead:
        """The loss of the head on a set with labels."""
        if samples.labels is None:
            raise DeclarationError([("statistic", "the loss of a head needs labels, and this set has none")])
        if not hasattr(self, "layer"):
            raise MatchZooError(
                "linear-head: it has no head yet; in your own training loop use LinearHead(features, …)"
            )
        layer = self.layer[0]
        weight, bias = (x.to(samples.values.dtype) for x in (layer.weight, layer.bias))
        return LinearHead(samples.values, samples.labels, weight, bias, samples.weights)

    def measure(self, samples: Samples, step: Step) -> torch.Tensor:
        """The quantity [c, d + 1] of one set, without its past."""
        return self.on(samples).quantity(self.quantity)

    def measure_all(self, sets: Sequence[Samples], step: Step) -> list[torch.Tensor]:
        """The quantities [c, d + 1] of some sets, each with its past."""
        statistics = super().measure_all(sets, step)
        if not self.decay:
            return statistics
        means = self.decay * self.get_buffer("past").to(statistics[0]) + (1 - self.decay) * torch.stack(statistics)
        self.pending = means.detach()
        return list((means / (1 - self.decay)).unbind())

    def after_step(self) -> None:
        """Write the running means of the update that has succeeded."""
        if self.pending is not None:
            self.get_buffer("past").copy_(self.pending)
            self.pending = None

    def center(self, sets: Sequence[Samples]) -> torch.Tensor | None:
        """H̄ ḡ of ``hessian-gradient``, [c, d + 1]; the mean of the statistics of others."""
        if self.quantity != "hessian-gradient" or self.decay:
            return None
        heads = [self.on(samples) for samples in sets]
        gradient = torch.stack([head.gradient() for head in heads]).mean(0)
        return torch.stack([head.hessian_product(gradient) for head in heads]).mean(0)


def linear_layer(projector: Part) -> nn.Linear | None:
    """The layer of a projector that is a linear map and nothing else; None of others."""
    if not isinstance(projector, Learned) or not isinstance(projector.network, MLP):
        return None
    layers = [layer for layer in projector.network.layers if not isinstance(layer, nn.Identity)]
    return layers[0] if len(layers) == 1 and isinstance(layers[0], nn.Linear) else None
