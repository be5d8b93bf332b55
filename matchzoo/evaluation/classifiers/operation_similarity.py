"""How alike the gradients are that the operations of a supernet's edges have on the weights that they share."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import attrs
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty
from matchzoo.core.errors import DeclarationError
from matchzoo.core.numerics.gradient_similarity import balanced_split, gradient_cosines
from matchzoo.core.showing.figures import heat_maps
from matchzoo.core.step import Step
from matchzoo.evaluation.classifiers.class_scores import scoring_space
from matchzoo.evaluation.evaluation import Evaluation, Record, Trained
from matchzoo.models.networks import Supernet
from matchzoo.projectors import Learned
from matchzoo.training.composition import Composition

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""A scalar [] of outputs [n, d] and labels [n]."""


@checked
def operation_similarity(
    network: Supernet,
    batches: Iterable[tuple[torch.Tensor, torch.Tensor]],
    rng: torch.Generator,
    loss: Loss = F.cross_entropy,
    over: Literal["rows", "whole"] = "rows",
) -> list[torch.Tensor]:
    """For each edge the cosines [k, k] of the gradients that its k operations have on the parameters of all paths, the
    mean over batches; float64 on the CPU.

    For each batch and each edge the rest of the path is drawn, and all operations of the edge see that batch in that
    path. The network is left as it is.

    Examples:
        >>> [first, second] = operation_similarity(network, batches, torch.Generator().manual_seed(0))
        >>> split = balanced_split(1 - first)

    Args:
        network: built.
        batches: at least one, of inputs [n, c, h, w] and labels [n].
        rng: draws the paths.
        loss: of outputs and labels, whose gradients these are.
        over: rows of parameters or all numbers as one vector (`gradient_cosines`).

    Source: Hu et al., Generalizing few-shot NAS with gradient matching, ICLR 2022.
    """
    shared = {name: value.detach().requires_grad_() for name, value in network.shared_parameters().items()}
    cosines: list[list[torch.Tensor]] = [[] for _ in network.operations]
    for x, labels in batches:
        for edge, names in enumerate(network.operations):
            path, gradients = network.draw(rng), []
            for number in range(len(names)):
                path[edge] = number
                outputs = torch.func.functional_call(network, {**shared, "path": path}, (x,))
                gradients.append(torch.autograd.grad(loss(outputs, labels), list(shared.values())))
            cosines[edge].append(gradient_cosines(gradients, over).double().cpu())
    return [torch.stack(of_edge).mean(0) for of_edge in cosines]


@declare("operation-similarity")
class OperationSimilarity(Evaluation):
    """`operation_similarity` of a supernet that gives class scores, for cross-entropy on training samples, and of each
    edge the split of its operations in two groups that are least alike. Nothing is trained here.

    A report: that supernets of the groups would rank their children better is not claimed.
    """

    space: str | None = attrs.field(default=None, validator=not_empty())
    """Name of the projector that is the supernet; the last one that has a feature for every class if not given."""
    draws: int = attrs.field(default=40, validator=at_least(1))
    """Batches, each with a path for each edge."""
    batch: int = attrs.field(default=64, validator=at_least(1))
    """Training samples of a batch, without augmentation."""
    over: Literal["rows", "whole"] = "rows"
    """A mean of the cosines of all rows of the parameters, or one cosine of all numbers as one vector."""

    def check(self, parts: Composition) -> None:
        """Raises if the projector is not a supernet of samples, no edge has two operations, or there are no labels."""
        network = self._learned(parts).network
        if not isinstance(network, Supernet) or not network.is_resampled:
            message = 'compares the operations of a network of kind "supernet" that has two at least on some edge'
            raise DeclarationError([("evaluation", message)])
        if parts.data.training_set.labels is None:
            raise DeclarationError([("evaluation", "the training samples have no labels")])

    def _learned(self, parts: Composition) -> Learned:
        space = scoring_space(parts, self.space)
        projector = parts.projectors[space]
        if not isinstance(projector, Learned) or projector.base is not None:
            message = f"expected a learned projector of samples, and '{space}' is another one"
            raise DeclarationError([("evaluation.space", message)])
        return projector

    def evaluate(self, trained: Trained) -> list[Record]:
        """A record for each edge with several operations: ``similarity`` (k × k) of its ``operations``, the two
        ``groups``, the sum of the similarities between them (``cut``), and the same of a random split of such sizes
        (``mean_cut``)."""
        projector = self._learned(trained.parts)
        network = projector.network
        assert isinstance(network, Supernet)  # as was checked
        rng = Step(0, trained.seed).rng("operation-similarity")
        similarities = operation_similarity(network, self._batches(trained, projector, rng), rng, over=self.over)

        records = []
        for number, (names, similarity) in enumerate(zip(network.operations, similarities, strict=True), 1):
            count = len(names)
            if count < 2:
                continue
            split = balanced_split(1 - similarity, min(2, count // 2))
            pairs = len(split.first) * len(split.second)
            others = (similarity.sum() - similarity.trace()).item() / (count * (count - 1))
            record: Record = {"method": trained.method, "edge": number, "operations": list(names)}
            record |= {"similarity": similarity.tolist(), "draws": self.draws}
            record["groups"] = [[names[i] for i in group] for group in (split.first, split.second)]
            record |= {"cut": pairs - split.between, "mean_cut": pairs * others}
            records.append(record)
        return records

    def _batches(
        self, trained: Trained, projector: Learned, rng: torch.Generator
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        parts, engine = trained.parts, trained.engine
        split = parts.data.training_set
        for _ in range(self.draws):
            rows = torch.randint(len(split), (self.batch,), generator=rng)
            samples = engine.samples(split.render(engine.move(rows)))
            values = samples.values if parts.views is None else parts.views.plain(samples.values)
            assert samples.labels is not None  # as was checked
            yield values.reshape(len(rows), *(projector.image or values.shape[1:])), samples.labels

    def table(self, records: list[Record]) -> list[list[str]]:
        """The groups of each edge, and how alike they are."""
        rows = [["method", "edge", "smaller group", "other group", "similarity between", "of a random split"]]
        for record in records:
            groups = [", ".join(group) for group in record["groups"]]
            numbers = [f"{record[name]:.2f}" for name in ("cut", "mean_cut")]
            rows.append([record["method"], str(record["edge"]), *groups, *numbers])
        return rows

    def picture(self, records: list[Record]) -> Figure:
        """The matrix of each edge, operations by group."""
        panels = []
        for record in records:
            names = [name for group in record["groups"] for name in group]
            order = torch.tensor([record["operations"].index(name) for name in names])
            matrix = torch.tensor(record["similarity"])[order][:, order]
            panels.append((f"edge {record['edge']}", names, matrix, len(record["groups"][0])))
        return heat_maps(panels)
