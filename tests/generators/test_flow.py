"""Flows: what they draw and render, classes, codes, densities, and resuming."""

import pytest
import torch
from helpers.resuming import Stop, assert_same, stop_after

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec, Units
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.generators import Flow
from matchzoo.hub.model import Model
from matchzoo.models.fields import Euler, RungeKutta4, VarianceExploding
from matchzoo.models.networks import MLP
from matchzoo.projectors.auto_encoder import AutoEncoder
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.published_parts import model_of_run

POINTS = Spec(shape=(2,), classes=3, class_names=("a", "b", "c"))
TERM = {"kind": "flow-matching"}
FLOW = {
    "schema": 2,
    "data": {"kind": "ring", "points": 200, "test_points": 50},
    "generator": {"kind": "flow", "network": {"kind": "mlp", "widths": [8]}, "average": 0.9},
    "players": {"generator": {"moves": ["generator"], "minimize": [TERM]}},
    "trainer": {"steps": 6, "batch": 16, "device": "cpu", "checkpoint_every": 2},
}


def flow(**words) -> Flow:
    made = Flow(network=MLP(widths=[8]), **words)
    made.build(POINTS)
    return made


def test_samples_are_the_solution():
    made = flow(solver=Euler(steps=2))
    noise = made.draw(5, torch.Generator().manual_seed(0))
    half = noise + 0.5 * made.velocity(noise, torch.zeros(5))
    torch.testing.assert_close(made(noise), half + 0.5 * made.velocity(half, torch.full((5,), 0.5)))
    made(noise).sum().backward()
    assert all(p.grad is not None for p in made.parameters())
    with pytest.raises(DeclarationError, match="a flow has no end"):
        made.draw(None)


def test_classes_are_drawn_and_known():
    made = flow(conditional=True, guidance=2.0)
    samples = made.sample(300)
    assert samples.labels is not None
    assert samples.labels.unique().tolist() == [0, 1, 2]
    assert made.log_density(samples.values[:2], samples.labels[:2]).shape == (2,)
    with pytest.raises(DeclarationError, match="set conditional = true"):
        Flow(network=MLP(), guidance=2.0)
    with pytest.raises(DeclarationError, match="the data have no classes"):
        Flow(network=MLP(), conditional=True).build(Spec(shape=(2,)))


def test_noise_starts_as_large_as_the_path_says():
    made = flow(path=VarianceExploding(largest=50.0), solver=Euler(steps=1))
    _, start = made.problem(made.draw(2000, torch.Generator().manual_seed(0)))
    assert start.std().item() == pytest.approx(50, rel=0.05)
    torch.nn.init.zeros_(made.network.layers[-2].weight)
    normal = torch.distributions.Normal(0.0, 50.0).log_prob(start[:4]).sum(1)
    torch.testing.assert_close(made.log_density(start[:4], solver=RungeKutta4(steps=1)), normal)


def test_codes_are_standardized_and_decoded():
    codec = AutoEncoder(encoder=MLP(widths=[]), decoder=MLP(widths=[]), features=3)
    codec.build(POINTS)
    made = Flow(network=MLP(widths=[8]), codec="codes")
    made.bind({"codes": codec})
    made.build(Spec(shape=(2,), features=3))
    x = torch.randn(100, 2) * 3 + 1

    class Rows(Pool):
        def project(self, split, space=None):
            assert space == "codes"
            from matchzoo.core.samples import Samples

            return Samples(codec(x).detach())

    made.prepare(Rows({"real": None}, (), None, Step(0, 0)))
    points = made.encoded(codec(x))
    torch.testing.assert_close(points.mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(points.std(0, correction=0), torch.ones(3))
    torch.testing.assert_close(made.decoded(points), codec.decode(codec(x)), atol=1e-4, rtol=1e-4)
    assert made.sample(4).values.shape == (4, 2)


def test_what_is_known_stays():
    made = flow(conditional=True, guidance=1.5)
    values = torch.randn(6, 2, dtype=torch.float64)
    values[::2, 1] = float("nan")
    filled = made.inpaint(values, labels=torch.arange(6) % 3, resamples=2)
    assert filled.dtype == torch.float64
    assert torch.equal(filled[~values.isnan()], values[~values.isnan()])
    assert filled.isfinite().all()
    assert torch.equal(filled, made.inpaint(values, ~values.isnan(), torch.arange(6) % 3, resamples=2))
    table = Flow(network=MLP(widths=[8]))
    table.build(Spec(shape=(2,), units=Units(columns=("a", "b"), center=(100.0, 0.0), scale=(10.0, 1.0))))
    rows = table.inpaint(torch.tensor([[float("nan"), 0.5]] * 50), resamples=2)
    assert rows[:, 0].mean().item() == pytest.approx(100, abs=20)
    with pytest.raises(MatchZooError, match="the field is among codes"):
        Flow(network=MLP(), codec="codes").inpaint(values)
    for words, message in [
        ({"values": torch.zeros(2, 3)}, r"expected values \['n', 2\], got \[2, 3\]"),
        ({"values": values, "known": torch.ones(6, 2, dtype=torch.bool)}, "False where values are NaN"),
        ({"values": values, "known": torch.ones(6, 2)}, "expected known to be True or False"),
        ({"values": values, "labels": torch.arange(6)}, r"labels \[6\] from 0 to 2, got \[6\] from 0 to 5"),
    ]:
        with pytest.raises(MatchZooError, match=message):
            made.inpaint(**words)


def changed(**changes) -> Recipe:
    return Recipe.of(FLOW).replace(**changes)


def test_it_resumes_to_the_bit(tmp_path, monkeypatch):
    changed().run(tmp_path / "whole", quiet=True)
    stop_after(monkeypatch, 4, "crash")
    with pytest.raises(Stop):
        changed().run(tmp_path / "stopped", quiet=True)
    monkeypatch.undo()
    changed().run(tmp_path / "stopped", quiet=True)
    assert_same(tmp_path / "whole", tmp_path / "stopped")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator.codec": "code"}, "unknown projector 'code'"),
        ({"generator.network.condition": 3}, "has 16 numbers, got 3"),
        ({"generator": {"kind": "noise", "dimension": 2, "network": "mlp"}}, 'must be of kind "flow"'),
    ],
)
def test_what_is_refused(changes, message):
    with pytest.raises(DeclarationError, match=message):
        changed(**changes).build()


def test_codes_of_another_run(tmp_path):
    """An auto-encoder of a run, a flow among its codes, and a model of both together."""
    codes = {"kind": "auto-encoder", "features": 2, "encoder": "mlp", "decoder": "mlp"}
    player = {"moves": ["codes"], "minimize": [{"kind": "reconstruction", "sets": ["real"], "noise": 0.1}]}
    data = {"kind": "digits", "size": 8, "channels": 1}
    trainer = {"steps": 2, "device": "cpu"}
    first = {"schema": 2, "data": data, "projectors": {"codes": codes}, "players": {"codes": player}}
    Recipe.of({**first, "trainer": {**trainer, "real_batch": 16}}).run(tmp_path / "codes", quiet=True)

    recipe = Recipe.of(
        {
            **FLOW,
            "data": data,
            "projectors": {"codes": {"kind": "model", "path": str(tmp_path / "codes")}},
            "generator": {**FLOW["generator"], "codec": "codes"},
            "trainer": {**trainer, "batch": 16},
        }
    )
    pixels = {"projectors": {"pixels": "identity", **recipe.table()["projectors"]}}
    pixels["players"] = {"generator": {**player, "moves": ["generator"], "minimize": [{**TERM, "space": "pixels"}]}}
    with pytest.raises(DeclarationError, match="set space = 'codes'"):
        Recipe.of({**recipe.table(), **pixels}).build()
    run = recipe.run(tmp_path / "flow", quiet=True)
    assert run.generator.sample(3).values.shape == (3, 1, 8, 8)
    assert run.generator.get_buffer("scale").ne(1).all()
    expected = run.generator.sample(3).values
    model_of_run(run, "generator").save(tmp_path / "model")
    model = Model.load(tmp_path / "model")
    assert torch.equal(model.part.sample(3).values, expected)
    assert (model.kind, model.spec.shape) == ("decoded", (1, 8, 8))
    (tmp_path / "codes" / "parts.safetensors").unlink()  # it needs the other run no longer
    assert torch.equal(Model.load(tmp_path / "model").part.sample(3).values, expected)


def test_a_flow_is_a_denoiser_of_noise_on_the_data():
    """At σ it is the denoised point of the path where there is so much noise for the data."""
    made, y = flow(), torch.randn(5, 2)
    time = torch.tensor(0.4)
    sigma = torch.full((5,), 0.6 / 0.4)
    expected = made.path.denoised(0.4 * y, made.velocity(0.4 * y, time), time)
    torch.testing.assert_close(made.denoise(y, sigma), expected)
    torch.testing.assert_close(made.denoise(y, sigma[0]), expected)
    exploding = flow(path=VarianceExploding(largest=5.0))
    assert exploding.noise_range == pytest.approx((0.01, 5.0))
