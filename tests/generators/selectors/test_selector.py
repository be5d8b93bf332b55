"""Selectors against brute force and against what is known by hand, and baselines as runs."""

import itertools
import re
import sys

import attrs
import pytest
import torch
from safetensors.torch import load_file

from matchzoo import recipes
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.showing.figures import first_of_classes
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data import Digits, Split
from matchzoo.data.pool import Pool
from matchzoo.generators.selectors import Nearest, Selector
from matchzoo.generators.selectors.herding import herding, herding_rows
from matchzoo.generators.selectors.k_center import k_center, k_center_rows
from matchzoo.generators.selectors.k_means import k_means_rows, nearest_to_centers
from matchzoo.generators.selectors.k_medoids import k_medoids, k_medoids_rows, medoid_cost, spread_start
from matchzoo.generators.selectors.nearest import nearest_rows
from matchzoo.hub import DistilledDataset

POINTS = Spec(shape=(2,))


def cloud(n: int, d: int = 3, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_herding_by_hand():
    # mean 3: 3 itself; then means of {3, 0} = 1.5, {3, 4} = 3.5, {3, 5} = 4; then {3, 4, 0} = 2.33, {3, 4, 5} = 4
    points = torch.tensor([[0.0], [3], [4], [5]])
    assert herding(points, 3).tolist() == [1, 2, 0]
    assert sorted(herding(points, 9).tolist()) == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(5))
def test_herding_is_the_greedy_choice(seed):
    points = cloud(12, seed=seed) + 5
    chosen: list[int] = []
    for t in range(1, 8):
        left = [i for i in range(12) if i not in chosen]
        chosen.append(min(left, key=lambda i: (points.mean(0) - points[[*chosen, i]].sum(0) / t).norm().item()))
    assert herding(points, 7).tolist() == chosen


def radius(points: torch.Tensor, centers: list[int]) -> float:
    return torch.cdist(points, points[centers]).min(1).values.max().item()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_k_center_is_within_twice_the_best_radius(seed, count):
    points = cloud(11, seed=seed)
    best = min(radius(points, list(c)) for c in itertools.combinations(range(11), count))
    ours = radius(points, k_center(points, count).tolist())
    assert best - 1e-12 <= ours <= 2 * best + 1e-12


def test_k_center_by_hand_and_of_points_that_coincide():
    line = torch.tensor([[0.0], [1], [2], [4], [10]])  # mean 3.4
    assert k_center(line, 3).tolist() == [3, 4, 0]
    assert sorted(k_center(torch.zeros(4, 2), 3).unique().tolist()) == sorted(k_center(torch.zeros(4, 2), 3).tolist())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [1, 2, 4])
def test_k_medoids_is_never_above_its_start_and_no_exchange_helps(seed, count):
    points = cloud(40, seed=seed)
    distances = torch.cdist(points, points)
    chosen = k_medoids(points, count, rng(seed))
    assert len(set(chosen.tolist())) == count
    cost = medoid_cost(distances, chosen)
    assert cost <= medoid_cost(distances, spread_start(distances, count, rng(seed))) + 1e-9
    for old, new in itertools.product(range(count), range(40)):
        other = chosen.clone()
        other[old] = new
        assert medoid_cost(distances, other) >= cost * (1 - 1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_k_medoids_finds_the_best_of_separate_clouds(seed):
    points = torch.cat([cloud(5, seed=seed), cloud(4, seed=seed + 10) + 20, cloud(5, seed=seed + 20) - 20])
    distances = torch.cdist(points, points)
    best = min(medoid_cost(distances, torch.tensor(c)) for c in itertools.combinations(range(14), 3))
    assert medoid_cost(distances, k_medoids(points, 3, rng(seed))) == pytest.approx(best)
    assert k_medoids(points, 14, rng()).tolist() == list(range(14))


def test_k_medoids_are_the_same_where_distances_are_computed_again(monkeypatch):
    points = cloud(150, seed=1)
    held = k_medoids(points, 6, rng())
    monkeypatch.setattr(sys.modules[k_medoids.__module__], "HELD", 0)
    assert k_medoids(points, 6, rng()).equal(held)


def test_k_medoids_of_points_that_coincide_are_different():
    assert len(set(k_medoids(torch.zeros(5, 2), 3, rng()).tolist())) == 3


def test_nearest_to_centers_of_separate_clouds():
    points = torch.cat([cloud(9, seed=i) + 100 * i for i in range(3)])
    middles = [int((own - own.mean(0)).square().sum(1).argmin()) + 9 * i for i, own in enumerate(points.split(9))]
    assert sorted(nearest_to_centers(points, 3).tolist()) == middles
    assert nearest_to_centers(points, 40).tolist() == list(range(27))


@pytest.mark.parametrize(
    "rows_of", [herding_rows, k_center_rows, k_means_rows, lambda f, k: k_medoids_rows(f, k, rng())]
)
def test_rows_are_of_every_class_in_order_and_do_not_depend_on_a_shift(rows_of):
    labels = torch.tensor([1, 0, 2] * 7)
    features = (1024 * cloud(21)).round() / 1024  # shifted exactly: of two samples either may stand for both
    rows = rows_of(Samples(features, labels), 3)
    assert labels[rows].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert len(set(rows.tolist())) == 9
    assert torch.equal(rows, rows_of(Samples(features + 128, labels), 3))


def test_nearest_rows_that_are_to_be_distinct():
    real = Samples(torch.tensor([[1.0, 0], [0, 1], [1, 1], [1, 0.2]]), torch.tensor([0, 0, 1, 0]))
    queries = Samples(torch.tensor([[1.0, 0.05], [1, 0], [1, 1]]), torch.tensor([0, 0, 1]))
    assert nearest_rows(queries, real).tolist() == [0, 0, 2]
    assert nearest_rows(queries, real, distinct=True).tolist() == [3, 0, 2]  # the exact match first
    with pytest.raises(MatchZooError, match="class 1: it has fewer samples"):
        nearest_rows(Samples(torch.ones(2, 2), torch.tensor([1, 1])), real, distinct=True)


def test_first_of_classes():
    assert first_of_classes(torch.tensor([2, 2, 0, 5, 0])).tolist() == [2, 0, 3]


@pytest.fixture
def baseline(lgm) -> dict:
    """The table of a tiny baseline on digits."""
    lgm["generator"] = {"kind": "selection", "method": "herding", "images_per_class": 2}
    lgm["trainer"] = {"steps": 0, "device": "cpu"}
    del lgm["players"]
    lgm["evaluation"][0]["baselines"] = []
    return lgm


def recipe(table: dict):
    from matchzoo.recipes.recipe import Recipe

    return structure(table, Recipe)


@pytest.mark.parametrize("method", ["random", "centroid", "herding", "k-center", "k-means"])
def test_a_baseline_is_a_run_like_any_other(baseline, method, tmp_path):
    baseline["generator"]["method"] = method
    made = recipe(baseline)
    run = made.run(tmp_path / "run", quiet=True)
    distilled = run.distilled
    assert distilled.labels.tolist() == [label for label in range(10) for _ in range(2)]
    engine = made.engine()
    training = made.build(engine).data.training_set
    rows = load_file(tmp_path / "run/parts.safetensors")["generator/rows"]
    assert len(rows.unique()) == 20
    assert torch.equal(training.labels[rows], distilled.labels)
    assert torch.equal(training.render(rows).values, distilled.images)
    assert torch.equal(run.generator.sample().values, distilled.images)
    assert [r["method"] for r in run.metrics["results"]] == ["run"]
    assert run.metrics["last"] == {}
    assert [p.name for p in run.pictures] == ["chosen.png"]
    (tmp_path / "run/metrics.json").unlink()  # as if it had been stopped
    assert torch.equal(made.run(tmp_path / "run", quiet=True).distilled.images, distilled.images)
    assert recipes.open(tmp_path / "run").recipe == made


def test_the_neighbors_of_a_run_are_different_real_images(lgm_recipe, baseline, tmp_path):
    lgm_recipe.replace(**{"generator.images_per_class": 3, "trainer.steps": 2}).run(tmp_path / "lgm", quiet=True)
    images = {"kind": "arrays", "path": str(tmp_path / "lgm/distilled/images.safetensors"), "test_share": 0}
    baseline["generator"] = {"kind": "selection", "method": {"kind": "nearest", "to": images}}
    run = recipe(baseline).run(tmp_path / "run", quiet=True)
    rows = load_file(tmp_path / "run/parts.safetensors")["generator/rows"]
    assert len(rows.unique()) == 30
    assert run.distilled.labels.tolist() == [label for label in range(10) for _ in range(3)]
    images["test_share"] = 0.2
    with pytest.raises(DeclarationError, match=r"generator\.method\.to\.test_share: expected 0, got 0\.2"):
        recipe(baseline).run(tmp_path / "other", quiet=True)
    images["test_share"] = 0
    baseline["data"]["size"] = 16
    with pytest.raises(MatchZooError, match=r"its images are 3x8x8, those of the data 3x16x16; set data\.size"):
        recipe(baseline).run(tmp_path / "other", quiet=True)
    baseline["generator"]["images_per_class"] = 1
    with pytest.raises(DeclarationError, match="'nearest' takes as many as the set has; leave images_per_class out"):
        recipe(baseline).run(tmp_path / "other", quiet=True)


@pytest.mark.parametrize("soft", [False, True])
def test_the_neighbors_of_every_form_of_a_set(soft, tmp_path):
    """One image per class, classes in another order, labels that are probabilities."""
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(12, 3, 8, 8, generator=rng)
    real = Split(images, torch.arange(3).repeat(4))

    def flat(split, space):
        samples = split.all()
        return samples.with_values(samples.values.flatten(1))

    pool = Pool({"real": real}, ("a", "b", "c"), flat, Step(0, 0))
    labels = torch.tensor([0, 1, 2])
    labels = torch.eye(3)[labels] * 0.9 + 0.1 / 3 if soft else labels
    nearly = (images[[5, 1, 3]] + 0.01).clamp(0, 1)  # of the classes c, b, a
    distilled = DistilledDataset(nearly, labels, ("c", "b", "a"))
    distilled.save(tmp_path / "set")
    file = {"kind": "arrays", "path": str(tmp_path / "set/images.safetensors"), "test_share": 0}
    nearest = structure({"kind": "nearest", "to": file}, Selector)
    assert nearest.count(POINTS, None) == 3
    assert nearest.select(pool, None).tolist() == [5, 1, 3]
    others = attrs.evolve(pool, class_names=("a", "b", "d"))
    with pytest.raises(MatchZooError, match=r"generator\.method\.to: classes do not match: the data has no 'c'; the"):
        nearest.select(others, None)
    with pytest.raises(MatchZooError, match=r"generator\.method\.to: data\.path: there is no file .*none"):
        structure({"kind": "nearest", "to": {**file, "path": str(tmp_path / "none")}}, Selector).count(POINTS, None)
    ring = {"kind": "ring", "points": 50, "test_points": 5}
    with pytest.raises(DeclarationError, match=r"generator\.method\.to: expected data with labels"):
        structure({"kind": "nearest", "to": ring}, Selector).count(POINTS, None)


def test_a_path_of_a_set_is_refused_with_what_to_write(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set/images.safetensors").touch()
    for path, file in (
        ("runs/mine", "runs/mine/distilled/images.safetensors"),
        ("a/b.safetensors", "a/b.safetensors"),
        (f"{tmp_path}/set", f"{tmp_path}/set/images.safetensors"),
    ):
        written = f'{{ kind = "arrays", path = "{file}", test_share = 0 }}'
        message = re.escape(f"to: expected data (a table with 'kind'), got the path '{path}'; write to = {written}")
        with pytest.raises(DeclarationError, match=message):
            structure({"kind": "nearest", "to": path}, Selector)
        with pytest.raises(DeclarationError, match=message):
            Nearest(to=path)
    assert isinstance(structure({"kind": "nearest", "to": "digits"}, Selector).to, Digits)


def test_all_is_the_training_set(baseline, tmp_path, monkeypatch):
    baseline["generator"] = {"kind": "selection", "method": "all"}
    made = recipe(baseline).replace(evaluation=[])
    run = made.run(tmp_path / "run", quiet=True)
    assert len(run.distilled) == 899
    monkeypatch.setenv("MATCHZOO_MEMORY", "0.5")
    with pytest.raises(MatchZooError, match="899 samples need 1 MiB, at most 0 are used"):
        made.run(tmp_path / "other", quiet=True)


def test_more_images_than_a_class_has_are_refused(baseline, tmp_path):
    baseline["generator"]["images_per_class"] = 100
    with pytest.raises(DeclarationError, match="images_per_class: class '8' has 87 training samples, got 100"):
        recipe(baseline).run(tmp_path / "run", quiet=True)


def test_data_without_labels_are_refused(baseline):
    baseline["data"] = {"kind": "ring", "points": 50, "test_points": 5}
    del baseline["projector"], baseline["views"]
    with pytest.raises(DeclarationError, match="chooses samples of classes, but the data has no labels"):
        recipe(baseline).build()


def test_steps_need_players(baseline):
    baseline["trainer"]["steps"] = 5
    with pytest.raises(DeclarationError, match="players: missing: nobody would move in 5 steps"):
        recipe(baseline)


def test_a_projector_may_move_over_samples_that_are_chosen(baseline, tmp_path, monkeypatch):
    """Chosen before the first step and not again: a run that goes on has them in its checkpoint."""
    from helpers.resuming import Stop, assert_same, stop_after

    baseline["projector"] = {"kind": "learned", "features": 4, "network": {"kind": "mlp", "widths": [8]}}
    baseline["players"] = {"critic": {"moves": ["projector"], "maximize": [{"kind": "mmd", "bandwidths": [1.0]}]}}
    baseline["trainer"] |= {"steps": 4, "checkpoint_every": 1}
    baseline["evaluation"] = []
    made = recipe(baseline)
    made.run(tmp_path / "whole", quiet=True)
    with monkeypatch.context() as context:
        stop_after(context, 2, "crash")
        with pytest.raises(Stop):
            made.run(tmp_path / "run", quiet=True)
    monkeypatch.setattr("matchzoo.generators.Selection.prepare", None)
    made.run(tmp_path / "run", quiet=True)
    assert_same(tmp_path / "whole", tmp_path / "run")
