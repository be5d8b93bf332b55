"""Labels that are learned: what they start from, what moves them, and every place that they go to."""

import numpy as np
import pytest
import torch

from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.data import Digits, Split
from matchzoo.data.pool import Pool
from matchzoo.generators import PixelImages, PyramidImages
from matchzoo.generators.selectors.nearest import nearest_rows
from matchzoo.generators.soft_labels import label_logits, probe_logits
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.matchers.statistics.gradients.head_gradient import head_gradient
from matchzoo.models.classifiers import Converged
from matchzoo.recipes.comparison import evaluate, report
from matchzoo.recipes.recipe import Recipe


def test_they_start_at_nine_tenths_of_the_own_class():
    shares = torch.softmax(label_logits(torch.tensor([2, 0]), 5, 0.9), 1)
    expected = torch.tensor([[0.025, 0.025, 0.9, 0.025, 0.025], [0.9, 0.025, 0.025, 0.025, 0.025]])
    torch.testing.assert_close(shares, expected)


@pytest.mark.parametrize("cls", [PixelImages, PyramidImages])
def test_generators_give_probabilities_of_their_rows(cls):
    generator = cls(size=4, images_per_class=2, soft_labels="learned")
    generator.build(Spec(shape=(3, 4, 4), classes=3, class_names=tuple("abc")))
    samples = generator.render(torch.tensor([5, 0]))
    assert samples.labels.shape == (2, 3)
    assert class_indices(samples.labels).tolist() == [2, 0]
    assert samples.labels.requires_grad
    assert class_indices(torch.tensor([1, 2])).tolist() == [1, 2]


def test_the_gradient_of_the_labels_is_that_of_finite_differences():
    rng = torch.Generator().manual_seed(0)
    z, w = (torch.randn(*shape, generator=rng, dtype=torch.float64) for shape in ((4, 3), (5, 3)))
    logits = torch.randn(4, 5, generator=rng, dtype=torch.float64, requires_grad=True)

    def loss(logits):
        return head_gradient(z, torch.softmax(logits, 1), w, torch.zeros(5)).square().sum()

    assert torch.autograd.gradcheck(loss, (logits,))


def test_a_run_with_learned_labels(lgm, tiny_card, tmp_path, monkeypatch):
    from helpers.resuming import Stop, assert_same, stop_after

    lgm["generator"] |= {"soft_labels": "learned", "images_per_class": 2}
    lgm["trainer"]["checkpoint_every"] = 2
    lgm["evaluation"][0] |= {"baselines": ["random"], "seeds": 1}
    recipe = Recipe.of(lgm)
    run = recipe.run(tmp_path / "whole", quiet=True, name="lgm")
    distilled = run.distilled
    assert distilled.labels.shape == (20, 10)
    assert distilled.labels.dtype == torch.float32
    torch.testing.assert_close(distilled.labels.sum(1), torch.ones(20))
    assert (distilled.labels.argmax(1) == torch.arange(10).repeat_interleave(2)).all()
    start = torch.softmax(label_logits(torch.arange(10).repeat_interleave(2), 10, 0.9), 1)
    assert (distilled.labels - start).abs().max() > 1e-3  # the player moved them
    assert torch.equal(distilled[3][1], distilled.labels[3])
    torch.testing.assert_close(run.generator.sample().labels, distilled.labels, rtol=0, atol=0)
    assert "above" in run.metrics["results"][1]
    with monkeypatch.context() as context:
        stop_after(context, 5, "crash")  # between two growths
        with pytest.raises(Stop):
            recipe.run(tmp_path / "run", quiet=True)
    recipe.run(tmp_path / "run", quiet=True)
    assert_same(tmp_path / "whole", tmp_path / "run")
    size = 20 * (4 * 3 * 8 * 8 + 4 * 10)
    assert report([run]).rows[0]["bytes"] == size == distilled.bytes
    hard = DistilledDataset(distilled.images, distilled.labels.argmax(1), distilled.class_names)
    order = torch.arange(9, -1, -1)
    turned = DistilledDataset(distilled.images, distilled.labels[:, order], tuple("9876543210"))
    matrix = evaluate(
        [run, hard, turned],
        [str(tiny_card)],
        data=Digits(size=8),
        protocols=["converged", "paper", "ridge", "k-nn", "nearest-centroid"],
        seeds=1,
        device="cpu",
        quiet=True,
    )
    assert [r["bytes"] for r in matrix.records[:3]] == [size, 20 * (4 * 192 + 8), size]
    for protocol in matrix.protocols:
        soft, _, again = [r["top1_mean"] for r in matrix.records if r["protocol"] == protocol]
        assert soft == again


def test_neighbors_are_of_the_most_probable_class():
    real = Samples(torch.tensor([[1.0, 0], [0, 1]]), torch.tensor([0, 1]))
    queries = Samples(torch.tensor([[1.0, 0]]), torch.tensor([[0.2, 0.8]]))
    assert nearest_rows(queries, real).tolist() == [1]


def test_the_labels_of_a_probe_are_scikit_learns():
    """On features that are the samples themselves; with a tiny penalty the choice of which hardly matters."""
    from sklearn.linear_model import LogisticRegression

    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(90) % 3
    values = torch.randn(90, 4, generator=rng) + 2 * torch.nn.functional.one_hot(labels, 4)
    pool = Pool({"real": Split(values, labels)}, tuple("abc"), lambda split, space: split.all(), Step(0, 0))
    images = torch.randn(7, 4, generator=rng)
    ours = torch.softmax(probe_logits(pool, images), 1)
    unit = (values - values.mean(0)) / (values - values.mean(0)).square().mean().sqrt()
    new = (images - values.mean(0)) / (values - values.mean(0)).square().mean().sqrt()
    gaps = []
    for penalty in Converged().penalties:
        theirs = LogisticRegression(C=1 / (90 * penalty), tol=1e-8, max_iter=10_000).fit(unit.numpy(), labels.numpy())
        gaps.append(np.abs(theirs.predict_proba(new.numpy()) - ours.numpy()).max())
    assert min(gaps) < 1e-3  # one of the candidates, chosen on 30 % of the samples


def test_a_run_with_the_labels_of_a_probe(lgm, tmp_path):
    lgm["generator"] |= {"soft_labels": "probe", "images_per_class": 2}
    lgm["evaluation"] = []
    recipe = Recipe.of(lgm)
    run = recipe.run(tmp_path / "run", quiet=True)
    labels = run.distilled.labels
    assert labels.shape == (20, 10)
    torch.testing.assert_close(labels.sum(1), torch.ones(20))
    assert (labels.max(1).values < 0.999).any()
    torch.testing.assert_close(run.generator.sample().labels, labels, rtol=0, atol=0)
    lgm["generator"]["soft_labels"] = None
    hard = Recipe.of({**lgm, "generator": {k: v for k, v in lgm["generator"].items() if v is not None}})
    images = hard.run(tmp_path / "hard", quiet=True).distilled.images
    torch.testing.assert_close(run.distilled.images, images, atol=1e-3, rtol=0)  # hard but for 1e-6 until the end
    (tmp_path / "run/metrics.json").unlink()
    assert torch.equal(recipe.run(tmp_path / "run", quiet=True).distilled.labels, labels)
