"""What the terms of an update cost, between features and the gradients with respect to them.

Sets of features are made up. Where they are small, the terms are computed and timed; where they are large, only shapes
are (on the device ``meta``), so that what a term of a million real features would take is known without them.
"""

from collections.abc import Callable, Mapping, Sequence

import attrs
import torch
from torch import nn

from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import Matcher
from matchzoo.recipes.planning.costs import flops_of, peak_of, seconds_of
from matchzoo.training.engine import Engine
from matchzoo.training.players import Player

SMALL = 2e7
"""Numbers in the sets of an update up to which its terms are computed to see what they take; beyond, shapes are."""
MANY = 2048
"""Samples of a set up to which they are."""


@attrs.frozen
class TermCosts:
    """What the terms of an update take, from features to the gradients with respect to them.

    Attributes:
        flops: operations.
        peak: bytes that are there at once, the features of the update and their gradients included.
        held: bytes of these features and gradients alone.
        seconds: None where the terms are too large to be tried.
    """

    flops: int
    peak: int
    held: int
    seconds: float | None


@attrs.frozen
class Made:
    """A set of samples to be made up.

    Attributes:
        name: of the set.
        space: of the features.
        parts: names of the parts that the features depend on.
        count: of samples.
        features: dimension.
        dtype: of the values.
        classes: of the labels; None for none.
        soft: labels are probabilities.
        weighted: samples have weights.
        stored: it is there in all steps, and not made in each.
        moves: gradients with respect to the features are wanted.
        origin: shape of a sample that these are the features of.
        decode: how to get back to it, from [n, d] to [n, …].
    """

    name: str
    space: str
    parts: tuple[str, ...]
    count: int
    features: int
    dtype: torch.dtype
    classes: int | None
    soft: bool = False
    weighted: bool = False
    stored: bool = False
    moves: bool = False
    origin: tuple[int, ...] = ()
    decode: Callable[[torch.Tensor], torch.Tensor] | None = None

    def tensors(self, device: str) -> Samples:
        """Values from N(0, 1), and labels of every class in turn."""
        values = torch.randn(self.count, self.features, device=device).to(self.dtype)
        index = torch.arange(self.count, device=device)
        labels = None if self.classes is None else index % self.classes
        if self.classes is not None and self.soft:
            labels = torch.softmax(torch.randn(self.count, self.classes, device=device), 1).to(self.dtype)
        weights = torch.ones(self.count, device=device) if self.weighted else None
        origin = Samples(torch.rand(self.count, *self.origin, device=device)) if self.decode is not None else None
        return Samples(values, labels, weights, index, origin)


Sets = tuple[Made, ...]
"""What a term compares, in order."""


def term_costs(
    players: Mapping[str, Player],
    sets: Mapping[int, Sets],
    parameters: Mapping[str, Sequence[nn.Parameter]],
    engine: Engine,
) -> TermCosts:
    """What the terms of the players of an update take.

    Args:
        players: with built terms.
        sets: for every term, by its ``id``; terms that see the same set have equal ones.
        parameters: by player; the terms themselves may use some.
        engine: where and in which precision.

    Raises:
        MatchZooError: what a term says of sets like these.
    """
    every = {made for own in sets.values() for made in own}
    numbers = sum(made.count * (made.features + (made.classes or 0)) for made in every)
    behind = any(made.decode is not None for made in every)
    small = behind or (numbers <= SMALL and all(made.count <= MANY for made in every))
    device = str(engine.device) if small else "meta"
    tensors = {made: made.tensors(device) for made in every}

    def play() -> None:
        fresh = {made: attrs.evolve(one, values=one.values.detach()) for made, one in tensors.items()}
        leaves: list[tuple[Made, torch.Tensor]] = []
        for made, one in fresh.items():
            one.decode = made.decode
            if made.moves:
                leaves.append((made, one.values.requires_grad_()))
            if made.moves and made.soft and one.labels is not None:
                one.labels = one.labels.detach().requires_grad_()
                leaves.append((made, one.labels))
        wide: dict[Made, Samples] = {}

        def given(term: Matcher, made: Made) -> Samples:  # as Training.evaluate does
            if made.dtype != torch.float16 or term.supports_float16:
                return fresh[made]
            if made not in wide:
                wide[made] = attrs.evolve(fresh[made], values=fresh[made].values.to(engine.dtype))
            return wide[made]

        for position, (name, player) in enumerate(players.items()):
            values = [
                term.discrepancy([given(term, made) for made in sets[id(term)]], Step(1, 0)).value
                for term in player.terms
            ]
            last = position == len(players) - 1
            reached = [leaf for made, leaf in leaves if set(made.parts) & set(player.moves)]
            wanted = [*reached, *parameters[name]]
            torch.autograd.grad(player.objective(values), wanted, allow_unused=True, retain_graph=not last)

    flops = flops_of(play)
    sizes = {made: made.count * made.features * made.dtype.itemsize for made in every if not made.stored}
    features, gradients = sum(sizes.values()), sum(size for made, size in sizes.items() if made.moves)
    seconds = seconds_of(play, engine.device) if small else None
    return TermCosts(flops, features + peak_of(play), features + gradients, seconds)
