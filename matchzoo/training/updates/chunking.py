"""Exact back-propagation in chunks: memory for the graph of a chunk, the gradient of the whole.

Terms see features only. So features of all rows are computed without a graph; their loss gives d(loss)/d(features), a
small matrix; and each chunk is then computed again, with a graph, and back-propagated from its rows of that matrix (the
last chunk of synthetic samples has its graph from the first time). The gradient is that of one graph, since the
features of a row depend on no other row. Processes are the same with the rows dealt out: features are gathered, every
process has the same loss, and gradients of the chunks add up.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import attrs
import torch
from torch import nn

from matchzoo.core.samples import Samples
from matchzoo.generators import Generator
from matchzoo.models.networks.layers import normalizes_batches
from matchzoo.projectors import Projector
from matchzoo.training.engine import Engine
from matchzoo.training.sets import DrawnSet, Features

Gradients = dict[str, list[torch.Tensor | None]]
"""By player, one for each of its parameters."""
Key = TypeVar("Key")


def chunks(rows: range, size: int) -> list[range]:
    """The rows in consecutive pieces of at most ``size``."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def couples_rows(part: nn.Module) -> str:
    """Why the output of a row depends on other rows, in words: batch norm in training, or a projector that says so;
    empty where it does not."""
    if isinstance(part, Projector) and part.couples_rows:
        return "takes the samples of a batch together"
    return "has batch norm" if normalizes_batches(part) else ""


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


def graph_of(drawn: DrawnSet, rows: range) -> Graph:
    """Features of some rows with a graph."""
    own = drawn.drawn(rows)
    draws = drawn.draws[own.start : own.stop]
    rendered, stand_ins = None, dict[int, torch.Tensor]()
    if isinstance(drawn.source, Generator) and drawn.source.per_sample_parameters:
        rendered, stand_ins = excerpt(drawn.source, draws)
    return Graph(drawn.features(rows, rendered), draws, stand_ins)


def _alone(tensor: torch.Tensor) -> torch.Tensor:
    """The values without their graph, and without a larger tensor that they are a view of (as class tokens are)."""
    tensor = tensor.detach()
    return tensor if tensor.untyped_storage().nbytes() == tensor.nbytes else tensor.clone()


@torch.no_grad()
def features_of(drawn: DrawnSet, engine: Engine, size: int, kept: list[Graph] | None = None) -> Features:
    """Features of all rows of a set, without a graph: this process's in chunks, the others' gathered.

    They are leaves: gradients with respect to them (and to labels that are probabilities) can be asked for.

    Args:
        drawn: whose rows.
        engine: of this process.
        size: of a chunk.
        kept: takes the graph of the last chunk, which saves computing it again.
    """
    pieces = chunks(engine.local_rows(len(drawn)), size)
    by_chunk = []
    for rows in pieces:  # the images that they are the features of are let go of
        if kept is not None and rows == pieces[-1]:
            with torch.enable_grad():
                kept.append(graph_of(drawn, rows))
            features = kept[-1].features
        else:
            features = drawn.features(rows)
        alone = {}
        for space, one in features.items():
            labels = None if one.labels is None else _alone(one.labels)
            alone[space] = Samples(_alone(one.values), labels, index=one.index, group=one.group)
        by_chunk.append(alone)
    whole: Features = {}
    for space in drawn.spaces:
        parts = [features[space] for features in by_chunk]

        def gathered(name: str, parts: list[Samples] = parts) -> torch.Tensor | None:
            if getattr(parts[0], name) is None:
                return None
            return engine.all_gather(torch.cat([getattr(part, name) for part in parts]), len(drawn))

        values = gathered("values")
        assert values is not None
        whole[space] = Samples(values, gathered("labels"), index=gathered("index"), group=gathered("group"))
    return whole


@attrs.frozen(eq=False)
class Leaf:
    """A tensor of one set, in one space, that gradients arrive at.

    Attributes:
        drawn: whose it is.
        space: the name of the projector.
        name: ``values`` or ``labels``.
        tensor: values [n, d], or probabilities [n, c].
    """

    drawn: DrawnSet
    space: str
    name: str
    tensor: torch.Tensor


def leaves_of(drawn: DrawnSet, features: Features) -> list[Leaf]:
    """The values of every space, and labels where these are probabilities, made to require a gradient."""
    leaves = [Leaf(drawn, space, "values", one.values.requires_grad_()) for space, one in features.items()]
    for space, one in features.items():
        if drawn.is_generated and one.labels is not None and one.labels.is_floating_point():
            leaves.append(Leaf(drawn, space, "labels", one.labels.requires_grad_()))
    return leaves


def pull_back(
    drawn: DrawnSet,
    arrived: Mapping[Key, Sequence[tuple[Leaf, torch.Tensor]]],
    parameters: Mapping[Key, Sequence[nn.Parameter]],
    gradients: Mapping[Key, list[torch.Tensor | None]],
    engine: Engine,
    size: int,
    kept: list[Graph] | None = None,
) -> None:
    """Add what the rows of this process contribute to the gradients of objectives.

    Args:
        drawn: whose rows are computed again.
        arrived: by objective, d(objective)/d(leaf) for leaves of this set, of the leaf's shape [n, …].
        parameters: by objective, those that its player moves.
        gradients: added to in place.
        engine: whose rows.
        size: of a chunk.
        kept: has the graph of the last chunk, and is emptied.
    """
    objectives = [key for key in arrived if arrived[key]]
    if not objectives:
        return
    for rows in reversed(chunks(engine.local_rows(len(drawn)), size)):
        graph = kept.pop() if kept else graph_of(drawn, rows)
        for position, key in enumerate(objectives):
            outputs, incoming = [], []
            for leaf, gradient in arrived[key]:
                output = getattr(graph.features[leaf.space], leaf.name)
                if output.requires_grad:
                    outputs.append(output)
                    incoming.append(gradient[rows.start : rows.stop])
            if not outputs:
                continue
            own = [graph.stand_ins.get(id(p), p) for p in parameters[key]]
            last = position == len(objectives) - 1
            derivatives = torch.autograd.grad(outputs, own, incoming, allow_unused=True, retain_graph=not last)
            for i, (parameter, piece) in enumerate(zip(parameters[key], derivatives, strict=True)):
                if piece is None:
                    continue
                total = gradients[key][i]
                if total is None:
                    total = gradients[key][i] = torch.zeros_like(parameter)
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
        generator: with ``per_sample_parameters``.
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


def automatic(drawn: DrawnSet, engine: Engine, real: int, twice: bool) -> int:
    """Rows of a chunk whose graph has room in the memory that is free; those of the largest set where all have.

    What two and four rows keep for the backward pass tells what one does.

    Args:
        drawn: the set whose rows cost the most, its parts requiring gradients as they will.
        engine: whose memory.
        real: rows of the largest other set.
        twice: the other sets keep a graph as well.
    """
    if len(drawn) <= 4:
        return max(len(drawn), real)
    few, more = kept_bytes(drawn, 2), kept_bytes(drawn, 4)
    return rows_that_fit(len(drawn), real, twice, max((more - few) // 2, 1), engine.free())


def rows_that_fit(synthetic: int, real: int, twice: bool, each: int, room: int) -> int:
    """Rows of a chunk: those of the larger set if all fit, else as many as do (half, if both keep a graph).

    Args:
        synthetic: rows of that set.
        real: rows of the other.
        twice: the real set keeps a graph as well.
        each: bytes that a row keeps.
        room: bytes that a step may take.
    """
    longest = max(synthetic, real)
    fitting = room // max(each, 1)
    if fitting >= (synthetic + real if twice else longest):
        return longest
    fitting = fitting // 2 if twice else fitting
    return min(max(fitting // 8 * 8 if fitting >= 8 else fitting, 1), longest)


def kept_bytes(drawn: DrawnSet, rows: int) -> int:
    """Bytes that the features of some rows keep for the backward pass, parameters and buffers left out."""
    modules = list(drawn.parts.names.values())
    known = {t.untyped_storage().data_ptr() for m in modules for t in (*m.parameters(), *m.buffers())}
    seen: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()  # an output that its own node holds would never be freed

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        features = drawn.features(range(rows))  # held until the count is done, so that no address comes twice
    total = sum(seen.values())
    del features
    return total
