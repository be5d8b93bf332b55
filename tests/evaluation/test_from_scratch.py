"""Training from scratch: the protocol against one written out, images that tell, and what is refused."""

import copy

import pytest
import torch
import torch.nn.functional as F

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data.views import Augment, Views
from matchzoo.evaluation import Trained
from matchzoo.evaluation.from_scratch import FromScratch
from matchzoo.evaluation.scratch import fit_network
from matchzoo.models.networks import MLP
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

TABLE = {
    "data": {"kind": "digits", "size": 8},
    "generator": {"kind": "selection", "method": "centroid", "images_per_class": 1},
    "projector": "identity",
    "trainer": {"steps": 0, "device": "cpu"},
    "evaluation": [{"kind": "from-scratch", "network": {"kind": "mlp", "widths": [32]}, "epochs": 60, "seeds": 3}],
}


def test_it_is_plain_sgd_written_out():
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(11, 5, generator=rng, dtype=torch.float64), torch.arange(11) % 3
    network = MLP(widths=(4,))
    network.build((5,), (3,), rng)
    ours, theirs = network.double(), copy.deepcopy(network).double()
    fit_network(ours, x, y, torch.Generator().manual_seed(7), epochs=5, batch=4, lr=0.1, weight_decay=0.01)
    order, parameters = torch.Generator().manual_seed(7), list(theirs.parameters())
    velocity = [torch.zeros_like(p) for p in parameters]
    for epoch in range(5):
        rate = 0.1 if epoch < 3 else 0.01
        permuted = torch.randperm(11, generator=order)
        for start in (0, 4, 8):
            rows = permuted[start : start + 4]
            found = torch.autograd.grad(F.cross_entropy(theirs(x[rows]), y[rows]), parameters)
            with torch.no_grad():
                for i, (p, g) in enumerate(zip(parameters, found, strict=True)):
                    velocity[i] = 0.9 * velocity[i] + g + 0.01 * p
                    p -= rate * velocity[i]
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    run = structure(copy.deepcopy(TABLE), Recipe).run(tmp_path_factory.mktemp("scratch") / "run", quiet=True)
    return run.metrics["results"]


def test_centroids_do_better_than_random_images_and_both_than_chance(records):
    own, random = records
    assert own["images"] == random["images"] == 10
    assert len(own["top1"]) == len(random["top1"]) == 3
    assert own["top1_mean"] > random["top1_mean"] > 25
    assert random["above"] == pytest.approx(own["top1_mean"] - random["top1_mean"])
    assert own["top1_std"] > 0  # networks start differently
    recipe = structure(copy.deepcopy(TABLE), Recipe)
    table = recipe.evaluation[0].table(records)
    assert [len(row) for row in table] == [7] * 3
    assert table[1][1] == "mlp"


def test_the_same_seed_gives_the_same_numbers(records):
    recipe = structure(copy.deepcopy(TABLE), Recipe)
    engine = recipe.engine()
    parts = recipe.build(engine)
    Training(parts, recipe.trainer, engine).prepare(quiet=True)
    found = recipe.evaluation[0].evaluate(Trained(parts=parts, engine=engine, method="a", seed=0, quiet=True))
    assert [r["top1"] for r in found] == [r["top1"] for r in records]


def test_views_are_drawn_anew_for_every_image_and_epoch():
    seen = []

    def see(images):
        seen.append(images.clone())
        return images + len(seen)

    x, y = torch.randn(6, 5), torch.arange(6) % 3
    network = MLP(widths=(4,))
    network.build((5,), (3,), torch.Generator())
    fit_network(network, x, y, torch.Generator(), epochs=2, batch=4, see=see)
    assert [len(s) for s in seen] == [4, 2, 4, 2]
    table = copy.deepcopy(TABLE)
    table["evaluation"][0] |= {
        "views": {"augment": {"operations": ["shift"], "shift": 0.5}},
        "seeds": 1,
        "baselines": [],
    }
    scores = []
    for augment in (True, False):
        if not augment:
            del table["evaluation"][0]["views"]
        recipe = structure(copy.deepcopy(table), Recipe)
        engine = recipe.engine()
        parts = recipe.build(engine)
        Training(parts, recipe.trainer, engine).prepare(quiet=True)
        trained = Trained(parts=parts, engine=engine, method="a", seed=0, quiet=True)
        scores += [r["top1_mean"] for r in recipe.evaluation[0].evaluate(trained)]
    assert scores[0] != scores[1]


def test_a_network_sees_views_in_standardized_space(monkeypatch):
    """What is cut out is 0 for it, the mean of the data, and brightness is in standard deviations."""
    seen = []

    def fit(network, images, labels, rng, *, see, **options):
        seen.append((images, see(images)))

    monkeypatch.setattr("matchzoo.evaluation.scratch.bench.fit_network", fit)
    recipe = structure(copy.deepcopy(TABLE), Recipe)
    engine = recipe.engine()
    parts = recipe.build(engine)
    Training(parts, recipe.trainer, engine).prepare(quiet=True)
    for operation in ("cutout", "color"):
        views = Views(augment=Augment(operations=(operation,)))
        evaluation = FromScratch(network=MLP(widths=(4,)), views=views, seeds=1, baselines=())
        evaluation.evaluate(Trained(parts=parts, engine=engine, method="a", seed=0, quiet=True))

    mean, std = parts.data.training_set.moments
    (_, cut), (images, colored) = seen
    assert ((cut.abs() < 1e-5).all(1).sum((1, 2)) >= 4).all()  # a corner of the square at least
    brighter = (colored - (images - mean) / std).mean((1, 2, 3)).abs()
    assert 0.25 < brighter.max() <= 0.5 + 1e-6


def test_soft_labels_and_all_images_are_taken():
    table = copy.deepcopy(TABLE)
    table["generator"] = {"kind": "pixels", "soft_labels": "learned"}
    table["evaluation"][0] |= {"baselines": ["full"], "epochs": 2, "seeds": 1}
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    parts = recipe.build(engine)
    found = recipe.evaluation[0].evaluate(Trained(parts=parts, engine=engine, method="a", seed=0, quiet=True))
    assert [r["images"] for r in found] == [10, 899]
    assert all(p.grad is None for p in parts.generator.parameters())


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"generator": {"kind": "pixels", "size": 16}}, DeclarationError, "shape of the data, 3x8x8, got 3x16x16"),
        ({"evaluation": [{"kind": "from-scratch", "network": {"kind": "convnet", "depth": 4}}]}, DeclarationError,
         "4 halvings need at least 16 pixels"),
        ({"evaluation": [{"kind": "from-scratch", "views": {"size": 4}}]}, DeclarationError,
         "expected 8, the side of the images, or none, got 4"),
        ({"data": {"kind": "ring", "points": 50, "test_points": 5},
          "generator": {"kind": "noise", "dimension": 3, "network": "mlp"}}, MatchZooError, "on data with labels"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_on_is_refused(changes, error, message):
    recipe = structure(copy.deepcopy(TABLE), Recipe).replace(**changes)
    with pytest.raises(error, match=message):
        recipe.evaluation[0].check(recipe.build())
    assert isinstance(recipe.evaluation[0], FromScratch)
