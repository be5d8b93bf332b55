"""The trainer: groups of the schedule, gradients of a player's own parameters only, and other methods on it."""

import copy
from typing import Literal

import attrs
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from matchzoo.core.declaration.declare import FAMILIES, declare
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import Discrepancy
from matchzoo.matchers.mmd import mmd2
from matchzoo.matchers.ratio import pearson
from matchzoo.matchers.statistics import Statistic
from matchzoo.ratios.kernel_mean_matching import kernel_mean_matching
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training


def synthetic(made: Training, step: Step, turn: int = 0) -> Samples:
    """Features of the views of a turn's synthetic samples."""
    return made.sets(tuple(made.parts.players), step, turn)["synthetic"].features()["projector"]


def real(made: Training, step: Step, turn: int = 0) -> Samples:
    return made.sets(tuple(made.parts.players), step, turn)["real"].features()["projector"]


def training(table: dict) -> Training:
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    made = Training(recipe.build(engine), recipe.trainer, engine)
    made.prepare(quiet=True)
    return made


def parameters(made: Training, part: str) -> list[torch.Tensor]:
    return [p.detach().clone() for p in made.parts.names[part].parameters()]


def test_gram_step_is_the_published_one_written_by_hand(ring):
    """Both players step simultaneously, each along the gradient of its own objective for its own parameters."""
    ring["trainer"]["precision"] = "float64"
    made = training(ring)
    parts = made.parts
    generator, projector = copy.deepcopy(parts.generator), copy.deepcopy(parts.projector)
    optimizers = [torch.optim.Adam(p.parameters(), lr=1e-3) for p in (generator, projector)]
    for number in range(1, 4):
        step = Step(number, 0)
        x = parts.data.render(parts.data.draw(16, step.rng("data", 0))).values.double()
        noise = generator.draw(16, step.rng("generator", 0))
        real, fake = projector.project(x), projector.project(generator.render(noise).values)
        loss_g = mmd2(real, fake, [1.0])
        loss_f = -pearson(kernel_mean_matching(real, fake, [1.0], ridge=0.1, clip=True))
        gradients = [
            torch.autograd.grad(loss, list(part.parameters()), retain_graph=True)
            for loss, part in ((loss_g, generator), (loss_f, projector))
        ]
        for part, found, optimizer in zip((generator, projector), gradients, optimizers, strict=True):
            for p, g in zip(part.parameters(), found, strict=True):
                p.grad = g
            optimizer.step()
        values = made.step(number)
        assert values["generator/minimize[0]"].item() == pytest.approx(loss_g.item(), abs=1e-14)
        assert values["projector/maximize[0]"].item() == pytest.approx(-loss_f.item(), rel=1e-12)
    for part, twin in ((parts.generator, generator), (parts.projector, projector)):
        for a, b in zip(part.parameters(), twin.parameters(), strict=True):
            # Adam turns the rounding of a gradient that is zero (an output bias under MMD) into a step of up to lr
            torch.testing.assert_close(a, b, rtol=0, atol=1e-9)


def test_players_of_one_group_share_a_forward_pass_and_groups_do_not(ring, monkeypatch):
    counts = {}
    for schedule in (None, [["projector"], ["generator"]], ["5*projector", "generator"]):
        table = copy.deepcopy(ring)
        if schedule:
            table["trainer"]["schedule"] = schedule
        made = training(table)
        calls = []
        project = made.parts.projector.project
        monkeypatch.setattr(
            type(made.parts.projector), "project", lambda self, x, c=calls, p=project: c.append(1) or p(x)
        )
        made.step(1)
        counts[str(schedule)] = len(calls)
        monkeypatch.undo()
    assert list(counts.values()) == [2, 4, 12]


def test_a_group_moves_only_its_own_players_parts(ring):
    ring["trainer"]["schedule"] = [["projector"], ["generator"]]
    made = training(ring)
    before = parameters(made, "generator")
    made._update(("projector",), Step(1, 0), 0)
    assert all(torch.equal(a, b) for a, b in zip(before, parameters(made, "generator"), strict=True))
    assert not any(p.requires_grad for p in made.parts.generator.parameters())
    before = parameters(made, "projector")
    made._update(("generator",), Step(1, 0), 1)
    assert all(torch.equal(a, b) for a, b in zip(before, parameters(made, "projector"), strict=True))


def test_repeated_turns_draw_anew(ring):
    ring["trainer"]["schedule"] = ["2*projector", "generator"]
    made = training(ring)
    step = Step(1, 0)
    first, second = (synthetic(made, step, turn).values for turn in (0, 1))
    assert not torch.equal(first, second)
    assert torch.equal(first, synthetic(made, step).values)


def test_players_share_their_gram_matrices(ring, monkeypatch):
    import matchzoo.core.samples

    calls = []
    for name in ("squared_distances", "gaussian"):
        plain = getattr(matchzoo.core.samples, name)
        monkeypatch.setattr(matchzoo.core.samples, name, lambda a, b, n=name, p=plain: calls.append(n) or p(a, b))
    training(ring).step(1)
    # real-real, real-synthetic and synthetic-synthetic, once each
    assert [calls.count(name) for name in ("squared_distances", "gaussian")] == [3, 3]


def test_no_parameter_holds_a_gradient_and_the_backbone_never_does(lgm):
    made = training(lgm)
    before = {k: v.clone() for k, v in made.parts.projector.state_dict().items()}
    for number in range(1, 6):
        made.step(number)
    assert all(p.grad is None and not p.requires_grad for p in made.parts.projector.parameters())
    assert all(p.grad is None for p in made.parts.generator.parameters())
    assert all(torch.equal(before[k], v) for k, v in made.parts.projector.state_dict().items())
    assert not made.parts.projector.network.training


def test_growth_makes_a_fresh_optimizer(lgm):
    made = training(lgm)
    steps = []
    for number in range(1, 8):
        made.step(number)
        state = made.optimizers["generator"].state_dict()["state"]
        steps.append((len(state), int(state[0]["step"])))
    assert steps == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1)]


def test_cached_reference_is_the_exact_full_data_gradient(lgm):
    """The stored features are those of every training image, in order; the term is the plain formula on them."""
    from matchzoo.matchers.distance import cosine_distance
    from matchzoo.matchers.statistics.gradients.head_gradient import head_gradient

    made = training(lgm)
    parts = made.parts
    [stored] = made.stored.features.values()
    split = parts.data.training_set
    assert torch.equal(stored.labels, split.labels)
    with torch.no_grad():
        features = parts.projector.project(split.all().values)
    torch.testing.assert_close(stored.values, features, rtol=1e-4, atol=1e-5)
    step = Step(1, 0)
    made_up = synthetic(made, step)
    weight = torch.randn(10, features.shape[1], generator=step.rng("head")) * 0.01
    expected = cosine_distance(
        head_gradient(made_up.values, made_up.labels, weight, torch.zeros(10)),
        head_gradient(features, split.labels, weight, torch.zeros(10)),
    )
    value = made.step(1)["generator/minimize[0]"]
    torch.testing.assert_close(value, expected, rtol=1e-4, atol=1e-5)


def test_balanced_cache_weighs_every_class_the_same(lgm, tmp_path):
    """The statistic is that of a set where samples of small classes are repeated until all classes are of one size."""
    from PIL import Image

    for label, count in (("a", 5), ("b", 10), ("c", 3)):  # 4, 8 and 2 to train on
        for i in range(count):
            (tmp_path / label).mkdir(exist_ok=True)
            Image.new("RGB", (8, 8), (25 * i, 10 * count, 0)).save(tmp_path / label / f"{i}.png")
    lgm["data"] = {"kind": "image-folder", "path": str(tmp_path), "size": 8, "sampling": "balanced"}
    lgm["players"]["generator"]["minimize"][0]["reference"] = {"kind": "cache", "copies": 2}
    made = training(lgm)
    [real] = made.stored.features.values()
    assert torch.bincount(real.labels).tolist() == [8, 16, 4]
    repeated = real.rows(torch.arange(28).repeat_interleave(torch.tensor([2, 1, 4])[real.labels]))
    repeated.weights = None
    term = made.parts.players["generator"].terms[0]
    expected = term.statistic.measure(repeated, Step(3, 0))
    torch.testing.assert_close(term.statistic.measure(real, Step(3, 0)), expected, rtol=1e-5, atol=1e-7)
    lgm["data"]["sampling"] = "plain"
    [unweighted] = training(lgm).stored.features.values()
    assert unweighted.weights is None


def half_cached(term: dict, precision: str, half: bool = True) -> Training:
    generator = {"moves": ["generator"], "minimize": [{**term, "reference": {"kind": "cache", "float16": half}}]}
    return training(
        {
            "data": {"kind": "digits", "size": 8, "channels": 1},
            "generator": {"kind": "pixels", "images_per_class": 2},
            "projector": {"kind": "identity"},
            "players": {"generator": generator},
            "trainer": {"steps": 1, "device": "cpu", "precision": precision},
        }
    )


def valued(made: Training, synthetic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The value of the only term, and its gradient [m, d]."""
    labels = torch.arange(len(synthetic)) % 10
    sets = {"projector": Samples(synthetic.requires_grad_(), labels)}
    [[value]] = made.evaluate(made.parts.players, Step(1, 0), {"synthetic": sets}).values()
    [gradient] = torch.autograd.grad(value, synthetic)
    return value, gradient


def test_mmd_of_a_cache_in_half_precision_is_that_of_numpy():
    """In float64 from the features that float16 holds: E k(x, x') - 2 E k(x, y) + E k(y, y') and its derivative."""
    made = half_cached({"kind": "mmd", "bandwidths": [2.0]}, "float32")
    [stored] = made.stored.features.values()
    assert stored.values.dtype == torch.float16
    y = torch.rand(40, 64, generator=torch.Generator().manual_seed(0))
    value, gradient = valued(made, y)
    x, y = stored.values.numpy().astype(np.float64), y.detach().numpy().astype(np.float64)
    xx, xy, yy = (np.exp(-((a[:, None] - b) ** 2).sum(2) / 8) for a, b in ((x, x), (x, y), (y, y)))
    assert value.item() == pytest.approx(xx.mean() - 2 * xy.mean() + yy.mean(), rel=1e-4)
    across, own = (xy[..., None] * (x[:, None] - y)).mean(0), (yy[..., None] * (y[:, None] - y)).mean(0)
    np.testing.assert_allclose(gradient, (-across + own) / 2 / len(y), rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize(
    ("term", "takes"),
    [
        ({"kind": "mmd", "bandwidths": ["median"]}, False),
        ({"kind": "mmd", "kernel": "polynomial"}, False),
        ({"kind": "mmd", "kernel": "energy"}, False),
        ({"kind": "ratio", "estimator": {"kind": "ulsif", "bandwidths": ["median"], "ridges": [0.1]}}, False),
        ({"kind": "ratio", "estimator": {"kind": "kliep", "bandwidths": ["median"]}}, False),
        ("one-sided", False),
        ({"kind": "statistic", "statistic": "class-means", "distance": "squared"}, True),
        ({"kind": "statistic", "statistic": "statistical-flow", "distance": "cosine"}, True),
        ({"kind": "statistic", "statistic": "head-gradient", "distance": "cosine"}, True),
        (
            {
                "kind": "statistic",
                "statistic": {"kind": "per-class", "statistic": "head-gradient"},
                "distance": "row-cosine",
            },
            True,
        ),
        ({"kind": "induced-probe", "rows": 100}, True),
    ],
    ids=str,
)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_cache_in_half_precision_is_computed_with_in_that_of_the_run(term, takes, precision):
    """As the same features, rounded, of a cache that is not; a term that takes them itself gets no wider copy."""
    table = {"kind": term} if isinstance(term, str) else term
    half, full = (half_cached(table, precision, half) for half in (True, False))
    [key] = half.stored.features
    [other] = full.stored.features
    full.stored.features[other].values = half.stored.features[key].values.to(full.engine.dtype)
    seen = []
    [matcher] = half.parts.players["generator"].terms
    compute = matcher.discrepancy
    matcher.discrepancy = lambda sets, step: seen.append(sets[0].values.dtype) or compute(sets, step)
    synthetic = torch.rand(40, 64, generator=torch.Generator().manual_seed(0), dtype=full.engine.dtype)
    found, expected = valued(half, synthetic), valued(full, synthetic.clone())
    assert seen == [torch.float16 if takes else full.engine.dtype]
    assert found[0].dtype == full.engine.dtype
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


def test_terms_of_a_turn_share_what_is_widened(monkeypatch):
    made = half_cached({"kind": "mmd", "bandwidths": [2.0]}, "float32")
    player = made.parts.players["generator"]
    made.parts.players["twin"] = player
    seen, zero = [], Discrepancy(torch.zeros(()))
    monkeypatch.setattr(type(player.terms[0]), "discrepancy", lambda self, sets, step: seen.append(sets[0]) or zero)
    synthetic = {"projector": Samples(torch.rand(40, 64))}
    for _ in range(2):
        made.evaluate(made.parts.players, Step(1, 0), {"synthetic": synthetic})
    assert seen[0] is seen[1]
    assert seen[2] is seen[3] is not seen[0]  # it is let go of between turns


def test_a_stored_reference_beside_real_samples_that_are_drawn_in_another_space(lgm):
    (stored,) = lgm["players"]["generator"]["minimize"]
    drawn = {**stored, "space": "drawn", "reference": "online"}
    network = {"kind": "mlp", "widths": []}
    lgm["projectors"] = {
        "stored": lgm.pop("projector"),
        "drawn": {"kind": "learned", "features": 4, "network": network, "redraw_every": 1},
    }
    lgm["players"]["generator"]["minimize"] = [{**stored, "space": "stored"}, drawn]
    both = training(lgm).step(1)
    lgm["players"]["generator"]["minimize"] = [drawn]
    assert both["generator/minimize[1]"].item() == pytest.approx(training(lgm).step(1)["generator/minimize[0]"].item())


def test_balanced_cache_is_refused_where_weights_would_not_count(lgm):
    lgm["data"]["sampling"] = "balanced"
    term = {"kind": "one-sided", "reference": "cache"}
    lgm["players"]["generator"]["minimize"] = [term]
    with pytest.raises(DeclarationError, match=r"players\.generator\.minimize\[0\]: takes no weights"):
        training(lgm)
    term["reference"] = "online"
    training(lgm).step(1)


@pytest.mark.parametrize("selector", ["centroid", "k-means", "k-medoids"])
def test_images_start_from_the_same_real_ones_with_and_without_a_balanced_cache(lgm, selector):
    """Weights of a cache are for the averages of terms: classes are of different sizes, and nothing is refused."""
    lgm["data"]["sampling"] = "balanced"
    lgm["generator"] |= {"images_per_class": 2, "initial": "real", "selector": selector}
    starts = []
    for reference in ("cache", "online"):
        lgm["players"]["generator"]["minimize"][0]["reference"] = reference
        starts.append(training(lgm).parts.generator.sample().values)
    torch.testing.assert_close(*starts, rtol=0, atol=0)


def test_online_reference_draws_as_many_views_as_are_synthetic(lgm):
    lgm["players"]["generator"]["minimize"][0]["reference"] = "online"
    made = training(lgm)
    step = Step(1, 0)
    assert len(real(made, step)) == len(synthetic(made, step)) == 20
    first = made.step(1)
    assert torch.isfinite(first["generator/minimize[0]"])


def test_views_are_applied_copies_times_with_labels(lgm):
    found = synthetic(training(lgm), Step(1, 0))
    assert found.labels.tolist() == [i for i in range(10) for _ in range(2)]
    assert found.origin.values.shape == (20, 3, 8, 8)
    assert not torch.equal(found.values[0], found.values[1])


def test_what_is_not_frozen_is_not_compiled(ring):
    ring["trainer"]["compile"] = True
    with pytest.raises(DeclarationError, match="no projector is a frozen network; use false"):
        training(ring)


@pytest.mark.filterwarnings("ignore")  # of the compiler's own
def test_compiled_backbones_give_the_same_step_and_say_where_they_cannot_be_compiled(lgm, monkeypatch):
    lgm["trainer"]["precision"] = "float64"
    compile_ = torch.compile
    asked = []

    def without_code(function, backend="aot_eager"):
        asked.append(function)
        return compile_(function, backend=backend)

    monkeypatch.setattr(torch, "compile", without_code)
    plain = training(lgm)
    assert not asked
    lgm["trainer"]["compile"] = True
    compiled = training(lgm)
    assert len(asked) == 1
    for number in (1, 2):
        [a], [b] = plain.step(number).values(), compiled.step(number).values()
        assert a.item() == pytest.approx(b.item(), abs=1e-12)
    for key, value in plain.state().items():
        torch.testing.assert_close(compiled.state()[key], value)

    def broken(graph, inputs):
        raise RuntimeError("no compiler")

    compiled.parts.projector.compile(backend=broken)
    torch._dynamo.reset()
    with pytest.raises(MatchZooError, match=r"trainer.compile: .* cannot be compiled here .*; leave it out"):
        compiled.step(3)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ([["generator", "projectr"]], "unknown player 'projectr'; did you mean 'projector'"),
        ([["generator"]], "never plays projector"),
        ([["generator", "generator"], ["projector"]], "expected different players"),
        (["0*projector", "generator"], "expected a player's name, or 'k\\*name' with k from 1 to 9999"),
        (["99999*projector", "generator"], "with k from 1 to 9999"),
    ],
)
def test_wrong_schedules(ring, schedule, message):
    ring["trainer"]["schedule"] = schedule
    with pytest.raises(DeclarationError, match=message):
        structure(ring, Recipe)


# --- dataset condensation on the same trainer: a statistic of a whole network, not a product yet ---------------------


class ConvNet(nn.Module):
    """Two 3x3 convolutions with instance norm and pooling, then a linear layer."""

    def __init__(self, classes: int, rng: torch.Generator) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.InstanceNorm2d(8), nn.ReLU(), nn.AvgPool2d(2),
            nn.Conv2d(8, 8, 3, padding=1), nn.InstanceNorm2d(8), nn.ReLU(), nn.AvgPool2d(2),
        )  # fmt: skip
        self.head = nn.LazyLinear(classes)
        self.rng = rng

    def draw(self, shape: tuple[int, ...]) -> None:
        self(torch.zeros(1, *shape))
        for p in self.parameters():
            with torch.no_grad():
                p.copy_(torch.randn(p.shape, generator=self.rng) / max(p[0].numel(), 1) ** 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x).flatten(1))


@pytest.fixture(scope="module")
def network_gradient() -> type:
    @declare("network-gradient-of-the-tests")
    class NetworkGradient(Statistic):
        """The gradient of the cross-entropy of a random network, flattened (DC, Zhao et al. 2021)."""

        form: Literal["conv"] = "conv"
        """Of the network."""

        def build(self, spec):
            self.shape = spec.shape
            self.network = ConvNet(spec.classes, Step(0, spec.seed).rng("network"))
            self.network.draw(spec.shape)

        def measure(self, samples: Samples, step: Step) -> torch.Tensor:
            weights = list(self.network.parameters())
            loss = F.cross_entropy(self.network(samples.values.reshape(-1, *self.shape)), samples.labels)
            return torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights, create_graph=True)])

    yield NetworkGradient
    del FAMILIES[Statistic]._classes["network-gradient-of-the-tests"]


def condensation(network_gradient: type) -> dict:
    return {
        "data": {"kind": "digits", "size": 16},
        "generator": {"kind": "pixels"},
        "players": {
            "generator": {
                "moves": ["generator"],
                "optimizer": {"kind": "adam", "lr": 0.05},
                "minimize": [{"kind": "statistic", "statistic": "network-gradient-of-the-tests", "distance": "cosine"}],
            }
        },
        "trainer": {"steps": 25, "device": "cpu"},
    }


def test_gradient_matching_of_a_whole_network_runs_on_the_same_trainer(network_gradient):
    made = training(condensation(network_gradient))
    values = [made.step(n)["generator/minimize[0]"].item() for n in range(1, 26)]
    assert sum(values[-5:]) < 0.8 * sum(values[:5])


def test_its_image_gradient_is_right_by_finite_differences(network_gradient):
    """Second order: the derivative of a distance of gradients, in float64, along a random direction."""
    table = condensation(network_gradient)
    table["trainer"]["precision"] = "float64"
    made = training(table)
    [player] = made.parts.players.values()
    step = Step(1, 0)

    def value() -> torch.Tensor:
        return player.terms[0].discrepancy((real(made, step), synthetic(made, step)), step).value

    pixels = made.parts.generator.pixels
    [gradient] = torch.autograd.grad(value(), [pixels])
    direction = torch.randn(pixels.shape, generator=step.rng("direction"), dtype=torch.float64)
    h = 1e-5
    with torch.no_grad():
        pixels.add_(h * direction)
    up = value().item()
    with torch.no_grad():
        pixels.add_(-2 * h * direction)
    down = value().item()
    assert (gradient * direction).sum().item() == pytest.approx((up - down) / (2 * h), rel=1e-5)


def test_attrs_fields_of_players_are_kept_apart(ring):
    made = structure(ring, Recipe)
    first, second = made.build(made.engine()), made.build(made.engine())
    assert first.generator is not second.generator
    assert first.generator is not made.generator
    assert not hasattr(made.generator.network, "layers")
    assert attrs.fields(type(made.generator))


def test_what_cannot_be_evaluated_is_refused_before_training(ring, tmp_path, monkeypatch):
    monkeypatch.setattr(Training, "step", None)
    for kind, message in (("linear-probe", "needs data with labels"), ("mode-coverage", "whose modes are known")):
        table = copy.deepcopy(ring) | {"evaluation": [{"kind": kind}]}
        if kind == "mode-coverage":
            table["data"] = {"kind": "digits", "size": 8}
        with pytest.raises(MatchZooError, match=message):
            structure(table, Recipe).run(tmp_path / kind, quiet=True)
        assert not (tmp_path / kind).exists()


def test_views_of_points_and_odd_names_are_refused(ring):
    made = structure(ring | {"views": {"copies": 2}}, Recipe)
    with pytest.raises(
        DeclarationError, match=r"views: views are of images, but a sample of the data has shape \(2,\)"
    ):
        made.build(made.engine())
    ring["players"]["a/b"] = ring["players"]["generator"]
    with pytest.raises(DeclarationError, match="players: expected names of letters, digits, - and _, got 'a/b'"):
        structure(ring, Recipe)
