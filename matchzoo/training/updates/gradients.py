"""The gradients of an update: of one graph, or in chunks and processes, of every objective by itself."""

import itertools
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn

from matchzoo.training.engine import Engine
from matchzoo.training.players import Player
from matchzoo.training.sets import DrawnSet, Features
from matchzoo.training.updates.chunking import Gradients, Graph, Leaf, features_of, leaves_of, pull_back
from matchzoo.training.updates.combining import combined

Values = dict[str, list[torch.Tensor]]
"""By player, the value of each of its terms."""
Objectives = dict[tuple[str, int], torch.Tensor]
"""By player and position, what it descends: one sum, or each of its terms where their gradients are combined."""
Parameters = Mapping[str, Sequence[nn.Parameter]]
"""By player."""


def objectives_of(players: Mapping[str, Player], values: Values, number: int) -> Objectives:
    """What every player descends in a step: scalars [], from the values [] of the terms."""
    objectives: Objectives = {}
    for name, player in players.items():
        if player.combine == "sum":
            objectives[name, 0] = player.objective(values[name], number)
        else:
            terms = player.weighted(values[name], number)
            objectives |= {(name, position): term for position, term in enumerate(terms)}
    return objectives


def at_once(
    players: Mapping[str, Player],
    parameters: Parameters,
    sets: Mapping[str, DrawnSet],
    evaluate: Callable[[Mapping[str, Features]], Values],
    number: int,
) -> tuple[Values, Gradients]:
    """Values [] of all terms and gradients […] of all players, from one graph.

    Args:
        players: of the update.
        parameters: that each moves.
        sets: that are drawn for it.
        evaluate: the values of the terms, from the features of every set.
        number: of the step.
    """
    values = evaluate({name: drawn.features() for name, drawn in sets.items()})
    objectives = objectives_of(players, values, number)
    gradients: dict[tuple[str, int], list[torch.Tensor | None]] = {}
    for position, (key, objective) in enumerate(objectives.items()):
        last = position == len(objectives) - 1
        moved = list(parameters[key[0]])
        gradients[key] = list(torch.autograd.grad(objective, moved, retain_graph=not last, allow_unused=True))
    return values, combined(players, gradients)


def in_chunks(
    players: Mapping[str, Player],
    parameters: Parameters,
    sets: Mapping[str, DrawnSet],
    evaluate: Callable[[Mapping[str, Features]], Values],
    number: int,
    engine: Engine,
    size: int,
) -> tuple[Values, Gradients]:
    """The same, values [] and gradients […], with the graph of ``size`` rows at a time, of this process's rows.

    Gradients reach parameters through features, by chunks, and directly where a term holds a part itself (a live head):
    those are the same in every process, and are added once.
    """
    kept: dict[str, list[Graph]] = {name: [] for name, drawn in sets.items() if drawn.is_generated}
    features = {name: features_of(drawn, engine, size, kept.get(name)) for name, drawn in sets.items()}
    leaves = [leaf for name, drawn in sets.items() for leaf in leaves_of(drawn, features[name])]
    values = evaluate(features)
    objectives = objectives_of(players, values, number)

    arrived: dict[tuple[str, int], list[tuple[Leaf, torch.Tensor]]] = {}
    direct: dict[tuple[str, int], Sequence[torch.Tensor | None]] = {}
    for position, (key, objective) in enumerate(objectives.items()):
        moves, moved = players[key[0]].moves, list(parameters[key[0]])
        reached = [leaf for leaf in leaves if _reaches(leaf, moves)]
        last = position == len(objectives) - 1
        inputs = [*(leaf.tensor for leaf in reached), *moved]
        derivatives = torch.autograd.grad(objective, inputs, retain_graph=not last, allow_unused=True)
        pairs = zip(reached, derivatives[: len(reached)], strict=True)
        arrived[key] = [(leaf, gradient) for leaf, gradient in pairs if gradient is not None]
        direct[key] = derivatives[len(reached) :]

    owned = {key: parameters[key[0]] for key in objectives}
    gradients: dict[tuple[str, int], list[torch.Tensor | None]] = {key: [None] * len(owned[key]) for key in objectives}
    for name, drawn in sets.items():
        of_set = {key: [pair for pair in pairs if pair[0].drawn is drawn] for key, pairs in arrived.items()}
        pull_back(drawn, of_set, owned, gradients, engine, size, kept.get(name))
    if engine.world_size > 1:
        _sum_over_processes(gradients, owned, engine)
    for key, own_direct in direct.items():
        for i, gradient in enumerate(own_direct):
            through = gradients[key][i]
            if gradient is not None:
                gradients[key][i] = gradient if through is None else through + gradient
    return values, combined(players, gradients)


def _reaches(leaf: Leaf, moves: Sequence[str]) -> bool:
    """Whether a leaf depends on what a player moves."""
    drawn = leaf.drawn
    moved_space = not drawn.parts.depends(leaf.space).isdisjoint(moves)
    return moved_space or (drawn.is_generated and "generator" in moves)


def _sum_over_processes(
    gradients: dict[tuple[str, int], list[torch.Tensor | None]],
    parameters: Mapping[tuple[str, int], Sequence[nn.Parameter]],
    engine: Engine,
) -> None:
    """Put the sum over the processes into every gradient that one of them has; the others stay None, as in one
    process."""
    slots = [(key, i) for key in gradients for i in range(len(gradients[key]))]
    present = engine.any_of([gradients[key][i] is not None for key, i in slots])
    for key, i in itertools.compress(slots, present):
        gradient = gradients[key][i]
        gradients[key][i] = total = torch.zeros_like(parameters[key][i]) if gradient is None else gradient
        engine.all_reduce_sum([total])
