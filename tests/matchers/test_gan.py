"""Adversarial terms, auto-encoders and clipped critics: against formulas, and as whole recipes."""

import copy

import pytest
import torch
import torch.nn.functional as F

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.matchers import OneSided, Reconstruction
from matchzoo.matchers.gan import critic_loss, generator_loss
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

LOGITS = torch.randn(2, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_losses_of_logits_are_binary_cross_entropies() -> None:
    real, fake = LOGITS
    ones, zeros = torch.ones_like(real), torch.zeros_like(fake)
    bce = F.binary_cross_entropy_with_logits
    for loss in ("non-saturating", "minimax"):
        torch.testing.assert_close(critic_loss(real, fake, loss), (bce(real, ones) + bce(fake, zeros)) / 2)
    torch.testing.assert_close(generator_loss(fake, "non-saturating"), bce(fake, ones))
    torch.testing.assert_close(generator_loss(fake, "minimax"), -bce(fake, zeros))


def test_the_other_losses() -> None:
    real, fake = LOGITS
    torch.testing.assert_close(
        critic_loss(real, fake, "least-squares"), (F.mse_loss(real, real * 0 + 1) + F.mse_loss(fake, fake * 0)) / 2
    )
    torch.testing.assert_close(generator_loss(fake, "least-squares"), F.mse_loss(fake, fake * 0 + 1) / 2)
    hinge = sum(max(0, 1 - r) for r in real.tolist()) / 7 + sum(max(0, 1 + f) for f in fake.tolist()) / 7
    assert critic_loss(real, fake, "hinge").item() == pytest.approx(hinge)
    assert critic_loss(real, fake, "wasserstein").item() == pytest.approx((fake.sum() - real.sum()).item() / 7)
    for loss in ("hinge", "wasserstein"):
        assert generator_loss(fake, loss).item() == pytest.approx(-fake.mean().item())


def test_one_sided() -> None:
    real, fake = torch.tensor([[0.0, 1.0], [2.0, 1.0]]), torch.tensor([[3.0, 0.0]])
    step = Step(1, 0)
    assert (
        OneSided().discrepancy((Samples(real), Samples(fake)), step).value.item() == -1.0
    )  # −(relu(3 − 1) + relu(−1)) / 2
    assert OneSided().discrepancy((Samples(real), Samples(real)), step).value.item() == 0.0


GAN = {
    "data": {"kind": "ring", "points": 200, "test_points": 50},
    "generator": {"kind": "noise", "dimension": 3, "network": {"kind": "mlp", "widths": [8]}},
    "projector": {"kind": "learned", "features": 1, "network": {"kind": "mlp", "widths": [8]}},
    "players": {
        "critic": {"moves": ["projector"], "minimize": [{"kind": "gan", "side": "critic"}]},
        "generator": {"moves": ["generator"], "minimize": [{"kind": "gan", "side": "generator"}]},
    },
    "trainer": {"steps": 3, "batch": 8, "schedule": [["critic"], ["generator"]], "device": "cpu"},
}
MMD_GAN = {
    **GAN,
    "projector": {
        "kind": "auto-encoder", "features": 3, "bound": 0.05,
        "encoder": {"kind": "mlp", "widths": [8]}, "decoder": {"kind": "mlp", "widths": [8]},
    },
    "players": {
        "critic": {
            "moves": ["projector"],
            "maximize": [{"kind": "mmd", "bandwidths": [1.0]}, {"kind": "one-sided", "weight": 16.0}],
            "minimize": [{"kind": "reconstruction", "weight": 8.0}],
        },
        "generator": {
            "moves": ["generator"],
            "minimize": [{"kind": "mmd", "bandwidths": [1.0]}, {"kind": "one-sided", "weight": 16.0}],
        },
    },
    "trainer": {**GAN["trainer"], "schedule": ["2*critic", "generator"]},
}  # fmt: skip


def training(table: dict) -> Training:
    made = Recipe.of(copy.deepcopy(table))
    engine = made.engine()
    return Training(made.build(engine), made.trainer, engine)


def test_the_critic_sees_other_samples_than_the_generator_and_each_moves_its_own() -> None:
    run = training(GAN)
    before = {k: v.clone() for k, v in run.state().items()}
    values = run.step(1)
    assert set(values) == {"critic/minimize[0]", "generator/minimize[0]"}
    after = run.state()
    assert all(not torch.equal(before[k], after[k]) for k in before if k.endswith("weight"))
    sides = [run.sets((player,), Step(1, 0), turn)["synthetic"] for turn, player in enumerate(("critic", "generator"))]
    first, second = (side.features()["projector"].values for side in sides)
    assert not torch.equal(first, second)


def test_reconstruction_is_the_mean_squared_error_of_both_sets() -> None:
    run = training(MMD_GAN)
    step = Step(1, 0)
    synthetic, real = (drawn.features()["projector"] for drawn in run.sets(("critic",), step, 0).values())
    auto = run.parts.projector
    expected = sum(F.mse_loss(auto.decoder(auto.encoder(s.origin.values)), s.origin.values) for s in (real, synthetic))
    torch.testing.assert_close(Reconstruction().discrepancy((real, synthetic), step).value, expected)


def test_the_bound_holds_from_the_start_and_after_every_step() -> None:
    run = training(MMD_GAN)
    encoder, decoder = run.parts.projector.encoder, run.parts.projector.decoder
    for number in range(4):
        if number:
            run.step(number)
        assert max(p.abs().max().item() for p in encoder.parameters()) <= 0.05 + 1e-8
        assert max(p.abs().max().item() for p in decoder.parameters()) > 0.05
    learned = training({**GAN, "projector": {**GAN["projector"], "bound": 0.02}})
    learned.step(1)
    assert max(p.abs().max().item() for p in learned.parts.projector.parameters()) <= 0.02 + 1e-8


def test_what_does_not_fit() -> None:
    with pytest.raises(MatchZooError, match=r"a critic has one feature, got 2; set projector\.features = 1"):
        training({**GAN, "projector": {**GAN["projector"], "features": 2}})
    run = training({**MMD_GAN, "projector": {**GAN["projector"], "features": 3}})
    with pytest.raises(MatchZooError, match='the projector Learned has no decoder; use kind = "auto-encoder"'):
        run.step(1)


def test_sampling_is_in_evaluation_mode_and_leaves_training_mode_alone() -> None:
    network = {"kind": "mlp", "widths": [8], "norm": "batch"}
    run = training({**GAN, "generator": {**GAN["generator"], "network": network}})
    run.step(1)
    generator = run.parts.generator
    before = {k: v.clone() for k, v in generator.state_dict().items()}
    draws = generator.draw(6, Step(0, 0).rng("sample"))
    whole = generator.sample(6).values
    assert generator.training
    assert all(torch.equal(before[k], v) for k, v in generator.state_dict().items())
    with torch.no_grad():
        alone = torch.cat([generator.eval().render(draws[i : i + 1]).values for i in range(6)])
    torch.testing.assert_close(whole, alone)
