"""What only a CUDA device can show: agreement with the CPU, exact resume, no host synchronization in a step."""

import copy

import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and there is none here"),
]


@pytest.fixture(autouse=True)
def full_precision(monkeypatch):
    """No TF32, which convolutions have unless told otherwise."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)


def training(table: dict, device: str, **trainer: object) -> Training:
    table = copy.deepcopy(table)
    table["trainer"] |= {"device": device, **trainer}
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    made = Training(recipe.build(engine), recipe.trainer, engine)
    made.prepare(quiet=True)
    return made


def first_gradient(made: Training) -> tuple[float, torch.Tensor]:
    from matchzoo.core.step import Step

    made._let_move({"generator"})
    step = Step(1, 0)
    values, gradients = made.gradients(made.parts.players, made.sets(("generator",), step, 0), step)
    return values["generator"][0].item(), gradients["generator"][0].cpu()


@pytest.mark.parametrize("chunk", ["auto", 7])
@pytest.mark.parametrize(("precision", "of_loss", "of_gradient"), [("float64", 1e-8, 1e-6), ("float32", 2e-5, 1e-3)])
def test_loss_and_image_gradient_agree_with_the_cpu(lgm, chunk, precision, of_loss, of_gradient):
    lgm["views"].pop("noise")  # its normals are drawn on the device, from other generators
    loss, gradient = first_gradient(training(lgm, "cpu", precision=precision))
    other, theirs = first_gradient(training(lgm, "cuda", precision=precision, chunk=chunk))
    assert other == pytest.approx(loss, abs=of_loss)
    assert (theirs - gradient).norm() <= of_gradient * gradient.norm()


def test_bfloat16_is_close_to_float32(lgm):
    lgm["views"].pop("noise")
    loss, gradient = first_gradient(training(lgm, "cuda"))
    other, theirs = first_gradient(training(lgm, "cuda", precision="bfloat16"))
    assert other == pytest.approx(loss, abs=2e-2)
    assert torch.nn.functional.cosine_similarity(theirs.flatten(), gradient.flatten(), dim=0) > 0.95


@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize("name", ["lgm", "ring", "linear probe", "linear MMD"])
def test_a_step_does_not_wait_for_the_device(name, lgm, ring):
    lgm["views"].pop("noise")
    probe, mmd = copy.deepcopy(lgm), copy.deepcopy(ring)
    probe["players"]["generator"]["minimize"] = [{"kind": "induced-probe", "rows": 100, "reference": "cache"}]
    mmd["players"]["generator"]["minimize"][0]["estimator"] = "linear"
    made = training({"lgm": lgm, "ring": ring, "linear probe": probe, "linear MMD": mmd}[name], "cuda")
    for number in (1, 2):
        made.step(number)
    torch.cuda.synchronize()
    try:
        torch.cuda.set_sync_debug_mode("error")
        made.step(3)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_resume_is_exact_under_deterministic_flags(lgm, tmp_path, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        made = training(lgm, "cuda")
        for number in range(1, 4):
            made.step(number)
        state = {k: v.clone() for k, v in made.state().items()}
        again = training(lgm, "cuda")
        again.load(3, state)
        for number in range(4, 7):
            made.step(number)
            again.step(number)
        assert all(torch.equal(v, again.state()[k]) for k, v in made.state().items())
    finally:
        torch.use_deterministic_algorithms(False)
