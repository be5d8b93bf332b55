"""Who takes part in benchmarks/lgm.py: modes, settings, and how each is built from one recipe."""

import copy
from pathlib import Path
from typing import Any, Protocol

import attrs
import numpy as np
import torch
from textbook import Bare, Textbook, present

from matchzoo import recipes
from matchzoo.core.storage import files
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.composition import Composition
from matchzoo.training.loop import Training

HERE = Path(__file__).parent
RESULTS = HERE / "results"
OUTPUT = Path("runs/benchmarks/lgm")
LGM = {"kind": "statistic", "statistic": {"kind": "head-gradient", "std": 0.01}, "distance": "cosine"}
SFM = {"kind": "statistic", "statistic": "statistical-flow", "distance": "cosine", "reference": "class-means"}
CLP = {"kind": "induced-probe", "ridge": 3.0, "temperature": 0.05, "reference": "cache"}


class Learner(Protocol):
    """What is stepped, saved and probed, ours and the textbook's alike."""

    def there(self) -> list[torch.Tensor]: ...
    def prepare(self) -> None: ...
    def step(self, number: int) -> dict[str, torch.Tensor]: ...
    def images(self) -> tuple[torch.Tensor, torch.Tensor]: ...
    def state(self) -> dict[str, torch.Tensor]: ...
    def load(self, number: int, tensors: dict[str, torch.Tensor]) -> None: ...


@attrs.frozen
class Mode:
    """One way to compute.

    Attributes:
        term: what our player minimizes; the textbook's is LGM's own.
        kind: ``ours`` (the trainer), ``textbook``, ``frozen`` (the textbook with frozen weights), ``bare``, or
            ``network`` (a pass through the network, forward and back to the pixels, and nothing else).
        share: chunks are this share of a step's rows.
        views: of every image a step, where they differ from the setting's.
        compile: the backbone, by torch.compile.
    """

    term: dict[str, Any]
    kind: str = "ours"
    share: float = 1.0
    views: int | None = None
    compile: bool = False


def cached(copies: int) -> dict[str, Any]:
    return {**LGM, "reference": {"kind": "cache", "copies": copies}}


ONLINE = {**LGM, "reference": "online"}
MEANS = {**LGM, "reference": "class-means"}
MODES = {
    "textbook": Mode(ONLINE, "textbook"),
    "textbook, frozen": Mode(ONLINE, "frozen"),
    "network alone": Mode(MEANS, "network"),
    "online": Mode(ONLINE),
    "cache": Mode(cached(0)),
    "cache, k = 1": Mode(cached(1)),
    "cache, k = 5": Mode(cached(5)),
    "cache, k = 10": Mode(cached(10)),
    "cache, k = 1, chunk 1/2": Mode(cached(1), share=1 / 2),
    "cache, k = 1, chunk 1/4": Mode(cached(1), share=1 / 4),
    "cache, k = 1, compiled": Mode(cached(1), compile=True),
    "cache, k = 1, one view": Mode(cached(1), views=1),
    "class means": Mode(MEANS),
    "class means, bare loop": Mode(MEANS, "bare"),
    "class means, one view": Mode(MEANS, views=1),
    "class means, one view, bare loop": Mode(MEANS, "bare", views=1),
    "SFM": Mode(SFM),
    "SFM, one view": Mode(SFM, views=1),
    "CLP": Mode(CLP),
    "CLP, one view": Mode(CLP, views=1),
}


@attrs.frozen
class Setting:
    """What is distilled in which space, for the time of a step.

    Attributes:
        card: a card of the zoo, or an architecture of timm that gets random weights.
        features: of such an architecture.
        data: ``digits`` or ``noise``: ``rows`` images per class of random pixels, whose values do not change the time.
        block: steps that are timed together.
        precision: of the projector.
    """

    card: str
    size: int
    classes: int = 10
    views: int = 3
    features: int | None = None
    data: str = "digits"
    rows: int = 40
    block: int = 1
    precision: str = "float32"


SETTINGS = {
    "vit-tiny": Setting("vit_tiny_patch16_224", 224, features=192, data="noise"),
    "vit-base": Setting("vit_base_patch16_224", 224, classes=3, views=2, features=768, data="noise", rows=20),
    "lite0": Setting("efficientnet-lite0", 64, block=4),
    "mobilenetv2": Setting("mobilenetv2", 64, block=4),
}
CUDA = {
    "vit-b14": Setting("vit_base_patch14_dinov2", 224, 100, features=768, data="noise", block=5, precision="bfloat16"),
    "vit-b16": Setting("vit_base_patch16_224", 224, 100, features=768, data="noise", block=5, precision="bfloat16"),
}


def card_of(architecture: str, features: int, size: int, folder: Path) -> str:
    """The path of a card of an architecture with random weights."""
    path = folder / f"cards/{architecture}-{size}.toml"
    lines = [
        f'architecture = "{architecture}"\nweights = "random"\nfeatures = {features}\nsize = {size}\nfixed = true',
        f'license = "none"\nsource = "random weights, for a benchmark"\n[arguments]\nimg_size = {size}\n',
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, "\n".join(lines))
    return str(path)


def noise_file(classes: int, rows: int, size: int, folder: Path) -> str:
    """The path of a file of images of random pixels, ``rows`` of each class for training and two for testing."""
    path = folder / f"data/noise-{classes}x{rows}-{size}.npz"
    if not path.is_file():
        rng = np.random.default_rng(0)
        arrays = {}
        for prefix, count in (("", rows), ("test_", 2)):
            arrays[f"{prefix}images"] = rng.integers(0, 256, (classes * count, 3, size, size), dtype=np.uint8)
            arrays[f"{prefix}labels"] = np.arange(classes).repeat(count)
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_with(path, lambda temporary: np.savez(temporary, **arrays))
    return str(path)


def table_of(setting: Setting, folder: Path, device: str) -> dict[str, Any]:
    """The table of lgm/quickstart in a setting."""
    table: dict[str, Any] = recipes.load("lgm/quickstart").table()
    if setting.data == "noise":
        path = noise_file(setting.classes, setting.rows, setting.size, folder)
        table["data"] = {"kind": "arrays", "path": path}
    else:
        table["data"]["size"] = setting.size
    card = setting.card
    if setting.features is not None:
        card = card_of(setting.card, setting.features, setting.size, folder)
    table["projector"]["card"] = card
    table["views"]["copies"] = setting.views
    table["trainer"] |= {"device": device, "precision": setting.precision}
    return table


def with_mode(table: dict[str, Any], mode: Mode, lr: float | None = None, seed: int = 0) -> Recipe:
    """A recipe that differs from a table by the mode, the learning rate and the seed alone."""
    table = copy.deepcopy(table)
    player = table["players"]["generator"]
    player["minimize"] = [copy.deepcopy(mode.term)]
    if lr is not None:
        player["optimizer"]["lr"] = lr
    if mode.views is not None:
        table["views"]["copies"] = mode.views
    table["trainer"] |= {"seed": seed, "chunk": 10**9, "compile": mode.compile}
    return Recipe.of(table)


class Ours:
    """Our trainer as a `Learner`."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.step, self.state, self.load = training.step, training.state, training.load

    def there(self) -> list[torch.Tensor]:
        stored = [one.values for one in self.training.stored.features.values()]
        return [*present(self.training.parts.projector.network), *stored]

    def prepare(self) -> None:
        self.training.prepare(quiet=True)

    def images(self) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            made = self.training.parts.generator.sample()
        assert made.labels is not None
        return made.values, made.labels


class Network(Ours):
    """The pass of a step's synthetic rows through the network, forward and back to the pixels: a step's lower bound."""

    def step(self, number: int) -> dict[str, torch.Tensor]:
        parts = self.training.parts
        shape = (self.training.rows, 3, *parts.spec.shape[1:])
        pixels = torch.rand(shape, device=parts.projector.mean.device, requires_grad=True)
        features = parts.projector(pixels)
        features.backward(torch.ones_like(features))
        return {}


def build(recipe: Recipe, mode: Mode, network: torch.nn.Module | None = None) -> tuple[Learner, Composition]:
    """A learner of a mode, and its parts.

    Args:
        recipe: of `with_mode`.
        mode: the same.
        network: a frozen one, to be shared instead of loading the weights again.
    """
    engine = recipe.engine()
    parts = recipe.build(engine)
    if network is not None:
        parts.projector.network = network
    if mode.kind in ("textbook", "frozen"):
        return Textbook(recipe, parts, engine, frozen=mode.kind == "frozen"), parts
    training = Training(parts, recipe.trainer, engine)
    training.chunk = max(1, int(training.rows * mode.share))
    if mode.kind == "bare":
        training.prepare(quiet=True)
        [stored] = training.stored.features.values()
        return Bare(recipe, parts, engine, (stored.values, stored.labels, stored.weights)), parts
    return (Network if mode.kind == "network" else Ours)(training), parts
