"""Exact back-propagation in chunks: memory for the graph of a chunk, the gradient of the whole.

Terms see features only. So features of all rows are computed without a graph; their loss gives d(loss)/d(features), a
small matrix; and each chunk is then computed again, with a graph, and back-propagated from its rows of that matrix (the
last chunk of the synthetic side has its graph from the first time). The gradient is that of one graph, since the
features of a row depend on no other row. Processes are the same with the rows dealt out: features are gathered, every
process has the same loss, and gradients of the chunks add up.
"""

from collections.abc import Mapping, Sequence

import attrs
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from matchzoo.core.samples import Samples
from matchzoo.generators import Generator
from matchzoo.training.engine import Engine
from matchzoo.training.sets import Features, Side

Gradients = dict[str, list[torch.Tensor | None]]
"""By player, one for each of its parameters."""


def chunks(rows: range, size: int) -> list[range]:
    """The rows in consecutive pieces of at most ``size``."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def couples_rows(part: nn.Module) -> bool:
    """Whether the output of a row depends on other rows: batch norm in training."""
    return any(isinstance(inner, _BatchNorm) and inner.training for inner in part.modules())


@attrs.frozen(eq=False)
class Graph:
    """The features of a chunk, with their graph.

    Attributes:
        draws: [k, …], whose views its rows are.
        stand_ins: leaves that stand for rows [k, …] of a parameter, by the parameter's ``id``.
    """

    features: Features
    draws: torch.Tensor
    stand_ins: Mapping[int, torch.Tensor]


def graph_of(side: Side, rows: range) -> Graph:
    """Features of some rows with a graph."""
    drawn = side.drawn(rows)
    draws = side.draws[drawn.start : drawn.stop]
    rendered, stand_ins = None, dict[int, torch.Tensor]()
    if isinstance(side.source, Generator) and side.source.owned:
        rendered, stand_ins = excerpt(side.source, draws)
    return Graph(side.features(rows, rendered), draws, stand_ins)


def _alone(tensor: torch.Tensor) -> torch.Tensor:
    """The values without their graph, and without a larger tensor that they are a view of (as class tokens are)."""
    tensor = tensor.detach()
    return tensor if tensor.untyped_storage().nbytes() == tensor.nbytes else tensor.clone()


@torch.no_grad()
def features_of(side: Side, engine: Engine, size: int, kept: list[Graph] | None = None) -> Features:
    """Features of all rows of a side, without a graph: this process's in chunks, the others' gathered.

    They are leaves: gradients with respect to them (and to labels that are probabilities) can be asked for.

    Args:
        side: whose rows.
        engine: of this process.
        size: of a chunk.
        kept: takes the graph of the last chunk, which saves computing it again.
    """
    pieces = chunks(engine.rows(len(side)), size)
    found = []
    for rows in pieces:  # the images that they are the features of are let go of
        if kept is not None and rows == pieces[-1]:
            with torch.enable_grad():
                kept.append(graph_of(side, rows))
            features = kept[-1].features
        else:
            features = side.features(rows)
        alone = {}
        for space, one in features.items():
            labels = None if one.labels is None else _alone(one.labels)
            alone[space] = Samples(_alone(one.values), labels, index=one.index, group=one.group)
        found.append(alone)
    whole: Features = {}
    for space in side.spaces:
        parts = [features[space] for features in found]

        def gathered(name: str, parts: list[Samples] = parts) -> torch.Tensor | None:
            if getattr(parts[0], name) is None:
                return None
            return engine.gather(torch.cat([getattr(part, name) for part in parts]), len(side))

        values = gathered("values")
        assert values is not None
        whole[space] = Samples(values, gathered("labels"), index=gathered("index"), group=gathered("group"))
    return whole


@attrs.frozen(eq=False)
class Leaf:
    """A tensor of one side, in one space, that gradients arrive at.

    Attributes:
        side: whose it is.
        space: the name of the projector.
        name: ``values`` or ``labels``.
        tensor: values [n, d], or probabilities [n, c].
    """

    side: Side
    space: str
    name: str
    tensor: torch.Tensor


def leaves_of(side: Side, features: Features) -> list[Leaf]:
    """The values of every space, and labels where these are probabilities, made to require a gradient."""
    leaves = [Leaf(side, space, "values", one.values.requires_grad_()) for space, one in features.items()]
    for space, one in features.items():
        if side.synthetic and one.labels is not None and one.labels.is_floating_point():
            leaves.append(Leaf(side, space, "labels", one.labels.requires_grad_()))
    return leaves


def pull_back(
    side: Side,
    arrived: Mapping[str, Sequence[tuple[Leaf, torch.Tensor]]],
    parameters: Mapping[str, Sequence[nn.Parameter]],
    gradients: Gradients,
    engine: Engine,
    size: int,
    kept: list[Graph] | None = None,
) -> None:
    """Add what the rows of this process contribute to the gradients of players' parameters.

    Args:
        side: whose rows are computed again.
        arrived: by player, d(objective)/d(leaf) for leaves of this side, of the leaf's shape [n, …].
        parameters: by player.
        gradients: added to in place.
        engine: whose rows.
        size: of a chunk.
        kept: has the graph of the last chunk, and is emptied.
    """
    players = [name for name in arrived if arrived[name]]
    if not players:
        return
    for rows in reversed(chunks(engine.rows(len(side)), size)):
        graph = kept.pop() if kept else graph_of(side, rows)
        for position, name in enumerate(players):
            outputs, incoming = [], []
            for leaf, gradient in arrived[name]:
                output = getattr(graph.features[leaf.space], leaf.name)
                if output.requires_grad:
                    outputs.append(output)
                    incoming.append(gradient[rows.start : rows.stop])
            if not outputs:
                continue
            own = [graph.stand_ins.get(id(p), p) for p in parameters[name]]
            last = position == len(players) - 1
            found = torch.autograd.grad(outputs, own, incoming, allow_unused=True, retain_graph=not last)
            for i, (parameter, piece) in enumerate(zip(parameters[name], found, strict=True)):
                if piece is None:
                    continue
                total = gradients[name][i]
                if total is None:
                    total = gradients[name][i] = torch.zeros_like(parameter)
                if id(parameter) in graph.stand_ins:
                    total.index_add_(0, graph.draws, piece)
                else:
                    total.add_(piece)


class _Render(nn.Module):
    """A generator's rendering as the call that `torch.func.functional_call` takes."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, draws: torch.Tensor) -> Samples:
        return self.generator.render(draws)


def excerpt(generator: Generator, draws: torch.Tensor) -> tuple[Samples, dict[int, torch.Tensor]]:
    """Some samples of a generator that owns its rows, whose gradient is of their size and not of all parameters'.

    Args:
        generator: with ``owned``.
        draws: rows [k].

    Returns:
        The samples, and the leaves [k, …] that stand for the rows of every parameter, by the parameter's ``id``.
    """
    stand_ins, held = {}, {}
    for name, parameter in generator.named_parameters():
        leaf = parameter.detach()[draws].requires_grad_(parameter.requires_grad)
        stand_ins[id(parameter)] = held[f"generator.{name}"] = leaf
    held |= {f"generator.{name}": buffer[draws] for name, buffer in generator.named_buffers()}
    local = torch.arange(len(draws), device=draws.device)
    samples: Samples = torch.func.functional_call(_Render(generator), held, (local,))
    samples.index = draws
    return samples, stand_ins


def automatic(side: Side, engine: Engine, real: int, twice: bool) -> int:
    """Rows of a chunk whose graph has room in the memory that is free; those of the longer side where all have.

    What two and four rows keep for the way back tells what one does.

    Args:
        side: a turn's synthetic side, its parts requiring gradients as they will.
        engine: whose memory.
        real: rows of the real side.
        twice: the real side keeps a graph as well.
    """
    if len(side) <= 4:
        return max(len(side), real)
    few, more = kept_bytes(side, 2), kept_bytes(side, 4)
    return rows_that_fit(len(side), real, twice, max((more - few) // 2, 1), engine.free())


def rows_that_fit(synthetic: int, real: int, twice: bool, each: int, room: int) -> int:
    """Rows of a chunk: those of the longer side if all fit, else as many as do (half, if both sides keep a graph).

    Args:
        synthetic: rows of that side.
        real: rows of the other.
        twice: the real side keeps a graph as well.
        each: bytes that a row keeps.
        room: bytes that a step may take.
    """
    longest = max(synthetic, real)
    fitting = room // max(each, 1)
    if fitting >= (synthetic + real if twice else longest):
        return longest
    fitting = fitting // 2 if twice else fitting
    return min(max(fitting // 8 * 8 if fitting >= 8 else fitting, 1), longest)


def kept_bytes(side: Side, rows: int) -> int:
    """Bytes that the features of some rows keep for the way back, parameters and buffers left out."""
    modules = [side.parts.generator, *side.parts.projectors.values()]
    known = {t.untyped_storage().data_ptr() for m in modules for t in (*m.parameters(), *m.buffers())}
    seen: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()  # an output that its own node holds would never be freed

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        features = side.features(range(rows))  # held until the count is done, so that no address comes twice
    total = sum(seen.values())
    del features
    return total
