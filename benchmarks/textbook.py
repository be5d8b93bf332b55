"""Linear gradient matching as a textbook has it, and a bare loop: what benchmarks/lgm.py holds our trainer against.

`Textbook` is the method written down plainly: a new batch of real images each step, the backbone's weights left as they
are loaded (they require gradients, though nobody uses these), and autograd differentiating twice, through the gradient
of the head's cross-entropy. Nothing in it is made slow on purpose: float32, pixels channels-last as ours are, the same
`Views`, the fused Adam, real images held in memory as bytes (no file is read, no JPEG decoded). Its draws are those of
our trainer, so in float64 both give the same numbers; tests/test_lgm_benchmark.py checks it.

`Bare` is the loop that somebody would write around our own functions for stored class means, without the trainer.
"""

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from matchzoo.core.step import Step
from matchzoo.generators.images import COLORS, decode
from matchzoo.matchers.distance import cosine_distance
from matchzoo.matchers.statistics.gradients.head_gradient import head_gradient
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.checkpoint import load_optimizer, optimizer_tensors
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine
from matchzoo.training.optimizers import as_laid_out


class Pyramid:
    """Levels [m, 3, s, s] of a set of images that double in size, and Adam on them; both start afresh with a level."""

    def __init__(self, recipe: Recipe, parts: Composition, engine: Engine) -> None:
        declared = recipe.table()["generator"]
        self.count, self.engine = len(parts.generator.labels), engine
        self.every, self.zero = declared["grow_every"], declared["initial"] == "zero"
        self.seed, self.lr = recipe.trainer.seed, recipe.table()["players"]["generator"]["optimizer"]["lr"]
        self.sizes: Sequence[int] = parts.generator.sizes
        self.levels: list[torch.Tensor] = []
        self._take([self._noise(self.sizes[0])])

    def _noise(self, size: int) -> torch.Tensor:
        rngs = [Step(0, self.seed).rng("pyramid", size, i) for i in range(self.count)]
        noise = torch.stack([torch.randn(3, size, size, generator=rng) for rng in rngs])
        return noise.to(self.engine.device, self.engine.dtype)

    def _take(self, levels: Sequence[torch.Tensor]) -> None:
        self.levels = [level.detach().requires_grad_() for level in levels]
        self.adam = torch.optim.Adam(self.levels, lr=self.lr, fused=True)

    def grow(self, number: int) -> None:
        """Add the levels that are due before step ``number``."""
        while len(self.levels) < min(1 + (number - 1) // self.every, len(self.sizes)):
            n, size = len(self.levels), self.sizes[len(self.levels)]
            old = [level.detach() * (n / (n + 1)) for level in self.levels]
            new = self._noise(size) / (n + 1) if not self.zero else torch.stack([up(x, size) for x in old]).mean(0)
            self._take([*old, new])

    def step(self, gradients: Sequence[torch.Tensor]) -> None:
        """Adam's; on a GPU its fused form wants gradients laid out as the levels are."""
        for level, gradient in zip(self.levels, gradients, strict=True):
            level.grad = as_laid_out(gradient, level)
        self.adam.step()

    def images(self) -> torch.Tensor:
        """[m, 3, size, size] in (0, 1)."""
        total = sum(up(level, self.sizes[-1]) for level in self.levels)
        colors = torch.tensor(COLORS, dtype=total.dtype, device=total.device)
        return torch.sigmoid(2 * torch.einsum("rc,mchw->mrhw", colors / colors.norm(dim=0).max(), total))

    def state(self) -> dict[str, torch.Tensor]:
        return {f"levels/{i}": level for i, level in enumerate(self.levels)} | optimizer_tensors("adam", self.adam)

    def load(self, tensors: dict[str, torch.Tensor]) -> None:
        count = sum(name.startswith("levels/") for name in tensors)
        self._take([tensors[f"levels/{i}"].to(self.engine.device) for i in range(count)])
        load_optimizer("adam", self.adam, tensors)


def up(x: torch.Tensor, size: int) -> torch.Tensor:
    return F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)


def present(network: nn.Module) -> list[torch.Tensor]:
    """Parameters and buffers, which are there before and after a step."""
    return [*network.parameters(), *network.buffers()]


class Textbook:
    """Linear gradient matching, plainly.

    Args:
        recipe: whose constants and seed it takes; an LGM recipe over one backbone.
        parts: the recipe's composition, for its data and network (which is copied).
        engine: where to compute.
        frozen: the one thing a careful reader changes first: weights require no gradient, real features no graph.
    """

    def __init__(self, recipe: Recipe, parts: Composition, engine: Engine, frozen: bool = False) -> None:
        self.engine, self.seed, self.frozen = engine, recipe.trainer.seed, frozen
        self.data, self.views, self.classes = parts.data, parts.views, parts.spec.classes
        self.real, self.real_labels = parts.data.training_set.values, parts.data.training_set.labels
        self.labels = parts.generator.labels.repeat_interleave(parts.views.copies)
        backbone = parts.projector
        self.network = backbone.network if frozen else copy.deepcopy(backbone.network).requires_grad_()
        self.mean, self.std, self.dimension = backbone.mean, backbone.std, parts.spec.features
        self.head_std = recipe.table()["players"]["generator"]["minimize"][0]["statistic"]["std"]
        self.pyramid = Pyramid(recipe, parts, engine)

    def prepare(self) -> None:
        """Nothing is computed in advance."""

    def there(self) -> list[torch.Tensor]:
        return present(self.network)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        x = ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.engine.device.type, torch.bfloat16, enabled=self.engine.autocast):
            return self.network(x).to(self.engine.dtype)

    def loss(self, number: int) -> torch.Tensor:
        """The loss of a step, its graph leading to the pyramid and, unless frozen, to the network's weights."""
        step, n = Step(number, self.seed), len(self.labels)
        head = nn.Linear(self.dimension, self.classes, device=self.engine.device, dtype=self.engine.dtype)
        with torch.no_grad():
            head.weight.copy_(torch.randn(head.weight.shape, generator=step.rng("head")) * self.head_std)
            head.bias.zero_()
        target = self.target(head, step)  # its graph is gone before that of the synthetic side is made

        images = self.pyramid.images().repeat_interleave(self.views.copies, 0)
        features = self.features(self.views.apply(images, self.views.draw(n, step.rng("views", 0))))
        loss = F.cross_entropy(head(features), self.labels)
        own = torch.autograd.grad(loss, list(head.parameters()), create_graph=True)
        a, b = (torch.cat([g.flatten() for g in gradient]) for gradient in (target, own))
        return 1 - F.cosine_similarity(a, b, dim=0)

    def target(self, head: nn.Linear, step: Step) -> tuple[torch.Tensor, ...]:
        """The gradient of a head's weight and bias on a new batch of real images."""
        n = len(self.labels)
        rows = self.data.draw(n, step.rng("data", 0)).to(self.engine.device)
        real = (self.real[rows].float() / 255).to(self.engine.dtype)
        views = self.views.apply(real, self.views.draw(n, step.rng("real views", 0)))
        with torch.set_grad_enabled(not self.frozen):
            features = self.features(views)
        return torch.autograd.grad(F.cross_entropy(head(features), self.real_labels[rows]), list(head.parameters()))

    def step(self, number: int) -> dict[str, torch.Tensor]:
        self.pyramid.grow(number)
        self.pyramid.adam.zero_grad()
        self.network.zero_grad()
        loss = self.loss(number)
        loss.backward()
        self.pyramid.step([level.grad for level in self.pyramid.levels])
        return {"generator/minimize[0]": loss.detach()}

    def images(self) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            return self.pyramid.images(), self.labels[:: self.views.copies]

    def state(self) -> dict[str, torch.Tensor]:
        return self.pyramid.state()

    def load(self, number: int, tensors: dict[str, torch.Tensor]) -> None:
        self.pyramid.load(tensors)


class Bare:
    """Our arithmetic for stored class means, in a loop of its own.

    Args:
        recipe: with ``reference = "class-means"``.
        parts: its composition; projector and views are used as they are.
        engine: where to compute.
        means: class means with weights, as the trainer stores them.
    """

    def __init__(self, recipe: Recipe, parts: Composition, engine: Engine, means: tuple[torch.Tensor, ...]) -> None:
        self.engine, self.seed = engine, recipe.trainer.seed
        self.backbone, self.views, self.classes = parts.projector, parts.views, parts.spec.classes
        self.values, self.real_labels, self.weights = means
        self.labels = parts.generator.labels.repeat_interleave(self.views.copies)
        self.head_std = recipe.table()["players"]["generator"]["minimize"][0]["statistic"]["std"]
        self.pyramid = Pyramid(recipe, parts, engine)

    def prepare(self) -> None:
        """The class means are given."""

    def there(self) -> list[torch.Tensor]:
        return present(self.backbone.network)

    def step(self, number: int) -> dict[str, torch.Tensor]:
        self.pyramid.grow(number)
        step, n = Step(number, self.seed), len(self.labels)
        images = decode(self.pyramid.levels, self.pyramid.sizes[-1]).repeat_interleave(self.views.copies, 0)
        views = self.views.apply(images, self.views.draw(n, step.rng("views", 0)))
        with self.engine.projecting():
            features = self.backbone.project(views).to(self.engine.dtype)
        weight = torch.randn(self.classes, features.shape[1], generator=step.rng("head")) * self.head_std
        bias = torch.zeros(self.classes)
        real = head_gradient(self.values, self.real_labels, weight, bias, self.weights)
        loss = cosine_distance(real, head_gradient(features, self.labels, weight, bias))
        found = torch.autograd.grad(loss, self.pyramid.levels)
        self.pyramid.step(found)
        return {"generator/minimize[0]": loss.detach()}
