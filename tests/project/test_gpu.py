"""What only a CUDA device can show: agreement with the CPU, exact resume, no host synchronization in a step.

python -m pytest -m gpu                             on the CUDA device
MATCHZOO_TEST_DEVICE=cpu python -m pytest -m gpu    the bodies of the tests, with the CPU in its place
"""

import copy
import os

import pytest
import torch

from matchzoo import recipes
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

DEVICE = os.environ.get("MATCHZOO_TEST_DEVICE", "cuda")
CUDA = DEVICE == "cuda"
FAMILIES = """
    auto-encoder/digits barlow/digits-distorted cdan/digits-background clp/digits-10 consistency/digits-few
    coral/colored-digits dan/digits-background dann/digits-background dc/digits dcc/digits
    deep-coral/digits-background dm/digits dsa/digits elr/digits-noisy erm/colored-digits fish/colored-digits
    fishr/colored-digits flow/ring-2d gan/digits gm-nas/digits gram/digits graph-matching/digits
    hessian-diagonal/colored-digits hgp/colored-digits iga/colored-digits irm/colored-digits isr/digits
    itta/digits-contrast legogcd/digits lgm/digits-10 lpn/digits mixed-barlow/digits-distorted mmd/digits-background
    mmd-entropy/digits-background mmd-gan/digits mmd-net/digits monge-gap/gaussian pareto/digits-background
    prototypes/digits-background ps-kd/digits-noisy sam/shifted-digits score/digits sfm/decoupled
    source-only/digits-background trajectory/digits-background udim/shifted-digits udt/digits-rotated
    v-rex/colored-digits
""".split()  # noqa: SIM905
"""A recipe of each method that trains something, of data that come with a package."""
WAITS = {
    "dan/digits-background": "its bandwidths are medians of every step, which are numbers of the host",
    "mmd/digits-background": "the same",
    "mmd-entropy/digits-background": "the same",
    "elr/digits-noisy": "its memory merges rows that a step draws twice",
    "ps-kd/digits-noisy": "the same",
    "fish/colored-digits": "it counts its steps on the host",
    "graph-matching/digits": "it solves an assignment on the host",
    "isr/digits": "the same",
    "legogcd/digits": "it assigns clusters on the host",
    "monge-gap/gaussian": "its plans end when they are close enough",
    "pareto/digits-background": "it solves a small quadratic program on the host",
    "trajectory/digits-background": "it counts what it has seen",
    "udt/digits-rotated": "it looks at which groups there are",
}
"""Recipes whose steps wait for the device, and what for."""

LARGE = ("clp/digits-10", "lgm/digits-10", "sfm/decoupled")
"""Recipes whose real side takes a CPU a minute in float64; a small one of linear gradient matching is compared."""

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(CUDA and not torch.cuda.is_available(), reason="needs a CUDA device, and there is none here"),
]


@pytest.fixture(autouse=True)
def full_precision(monkeypatch):
    """No TF32, which convolutions have unless told otherwise."""
    if CUDA:
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
    other, theirs = first_gradient(training(lgm, DEVICE, precision=precision, chunk=chunk))
    assert other == pytest.approx(loss, abs=of_loss)
    assert (theirs - gradient).norm() <= of_gradient * gradient.norm()


def test_bfloat16_is_close_to_float32(lgm):
    lgm["views"].pop("noise")
    loss, gradient = first_gradient(training(lgm, DEVICE))
    other, theirs = first_gradient(training(lgm, DEVICE, precision="bfloat16"))
    assert other == pytest.approx(loss, abs=2e-2)
    assert torch.nn.functional.cosine_similarity(theirs.flatten(), gradient.flatten(), dim=0) > 0.95


def step_without_waiting(made: Training) -> None:
    for number in (1, 2):
        made.step(number)
    if not CUDA:
        made.step(3)
        return
    torch.cuda.synchronize()
    try:
        torch.cuda.set_sync_debug_mode("error")
        made.step(3)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def training_of(name: str, device: str, **trainer: object) -> Training:
    """Of a recipe; skips where what it needs is not here."""
    recipe = recipes.load(name).replace(**{f"trainer.{key}": value for key, value in trainer.items()})
    recipe = recipe.replace(**{"trainer.device": device})
    engine = recipe.engine()
    try:
        made = Training(recipe.build(engine), recipe.trainer, engine)
    except MatchZooError as error:
        pytest.skip(str(error))
    made.prepare(quiet=True)
    return made


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in LARGE])
def test_a_step_of_every_family_agrees_with_the_cpu(name):
    expected = training_of(name, "cpu", precision="float64").step(1)
    found = training_of(name, DEVICE, precision="float64").step(1)
    assert found.keys() == expected.keys()
    for label, value in expected.items():
        assert found[label].item() == pytest.approx(value.item(), rel=1e-5, abs=1e-7), label


@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in WAITS])
def test_a_step_of_no_family_waits_for_the_device(name):
    step_without_waiting(training_of(name, DEVICE))


@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize("name", ["lgm", "ring", "linear probe", "linear MMD"])
def test_a_step_does_not_wait_for_the_device(name, lgm, ring):
    lgm["views"].pop("noise")
    probe, mmd = copy.deepcopy(lgm), copy.deepcopy(ring)
    probe["players"]["generator"]["minimize"] = [{"kind": "induced-probe", "rows": 100, "reference": "cache"}]
    mmd["players"]["generator"]["minimize"][0]["estimator"] = "linear"
    made = training({"lgm": lgm, "ring": ring, "linear probe": probe, "linear MMD": mmd}[name], DEVICE)
    step_without_waiting(made)


def test_resume_is_exact_under_deterministic_flags(lgm, tmp_path, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        made = training(lgm, DEVICE)
        for number in range(1, 4):
            made.step(number)
        state = {k: v.clone() for k, v in made.state().items()}
        again = training(lgm, DEVICE)
        again.load(3, state)
        for number in range(4, 7):
            made.step(number)
            again.step(number)
        assert all(torch.equal(v, again.state()[k]) for k, v in made.state().items())
    finally:
        torch.use_deterministic_algorithms(False)
