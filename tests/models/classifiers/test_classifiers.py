"""The probe's protocols against plain loops and scikit-learn, and what no protocol may do."""

import math

import numpy as np
import pytest
import torch

from matchzoo.core.class_names import relabel
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.step import Step
from matchzoo.evaluation import LinearProbe
from matchzoo.models.classifiers import ClassifierFit, Converged, NearestCentroid, NearestNeighbors, Paper, Ridge
from matchzoo.models.classifiers.classifier_fit import TrainingSet, accuracy
from matchzoo.models.classifiers.classifiers import standardize
from matchzoo.models.classifiers.ridge import fit_ridge
from matchzoo.models.classifiers.scoring import Score, probe, summary

CLASSES, DIMENSION = 4, 12
PROTOCOLS = [
    Converged(penalties=(1.0, 0.1, 0.01)),
    Paper(epochs=30, pool=3),
    Ridge(),
    NearestNeighbors(),
    NearestCentroid(),
]
CENTERS = torch.randn(CLASSES, DIMENSION, generator=torch.Generator().manual_seed(9))


def clusters(n: int, seed: int, views: int = 1) -> Samples:
    """Features of n images around four centers, each in some views."""
    rng = torch.Generator().manual_seed(seed)
    labels = (torch.arange(n) % CLASSES).repeat_interleave(views)
    images = CENTERS[labels[::views]] + torch.randn(n, DIMENSION, generator=rng)
    values = images.repeat_interleave(views, 0) + 0.3 * torch.randn(n * views, DIMENSION, generator=rng)
    return Samples(values + 1, labels, index=torch.arange(n).repeat_interleave(views))


def sets(seeds: int = 2, n: int = 20, views: int = 3) -> list[TrainingSet]:
    return [TrainingSet(features=clusters(n, 10 + s, views), views=views, seed=s) for s in range(seeds)]


def plain_paper(one: TrainingSet, protocol: Paper) -> torch.nn.Linear:
    """The paper's protocol with torch's own parts, one seed, on the views that the protocol would draw."""
    head = torch.nn.Linear(DIMENSION, CLASSES)
    images = len(one.features) // one.views
    batch = min(protocol.batch, images)
    with torch.no_grad():
        head.weight.copy_(0.01 * torch.randn(CLASSES, DIMENSION, generator=Step(0, one.seed).rng("head")))
        head.bias.zero_()
    adam = torch.optim.Adam(head.parameters(), lr=protocol.lr * batch / 256)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, protocol.epochs)
    rng = Step(0, one.seed).rng("epochs")
    for epoch in range(protocol.epochs):
        order = torch.randperm(images, generator=rng)
        if epoch % one.views == 0:
            turns = torch.rand(images, one.views, generator=rng).argsort(1)
        for rows in order.split(batch):
            adam.zero_grad()
            here = rows * one.views + turns[rows, epoch % one.views]
            loss = torch.nn.functional.cross_entropy(head(one.features.values[here]), one.features.labels[here])
            loss.backward()
            adam.step()
        cosine.step()
    return head


@pytest.mark.parametrize("batch", [100, 8])  # all images in a step, and batches of 8, 8 and 4
def test_paper_is_a_plain_loop_of_torch_and_seeds_do_not_touch_each_other(batch):
    protocol = Paper(epochs=50, batch=batch, lr=0.1)
    training = sets(3)
    fitted = protocol.fit(training, clusters(8, 1), CLASSES)
    for one, own in zip(training, fitted, strict=True):
        plain = plain_paper(one, protocol)
        torch.testing.assert_close(own.classifier.weight, plain.weight.detach(), rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(own.classifier.bias, plain.bias.detach(), rtol=1e-3, atol=1e-5)
    [alone] = protocol.fit(training[1:2], clusters(8, 1), CLASSES)
    torch.testing.assert_close(alone.classifier.weight, fitted[1].classifier.weight, rtol=1e-4, atol=1e-6)


def test_paper_takes_sets_of_different_sizes_and_gives_them_in_order():
    training = [*sets(1), *sets(2, n=12), *sets(1)]
    fitted = Paper(epochs=5).fit(training, clusters(8, 1), CLASSES)
    for i in (0, 2, 3):
        [alone] = Paper(epochs=5).fit([training[i]], clusters(8, 1), CLASSES)
        torch.testing.assert_close(alone.classifier.weight, fitted[i].classifier.weight, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("n", [60, 10])  # more samples than dimensions, and fewer
def test_ridge_is_scikit_learns(n):
    from sklearn.linear_model import Ridge as Theirs

    features = clusters(n, 3)
    mean, scale = standardize(features.values.double())
    unit = ((features.values.double() - mean) / scale).numpy()
    targets = torch.nn.functional.one_hot(features.labels, CLASSES).double().numpy()
    for penalty, ours in zip(
        (1.0, 0.01), fit_ridge(features.values, features.labels, CLASSES, (1.0, 0.01)), strict=True
    ):
        theirs = Theirs(alpha=n * penalty, solver="svd").fit(unit, targets)
        np.testing.assert_allclose(ours.scores(features.values).numpy(), theirs.predict(unit), atol=1e-8)


def test_nearest_neighbors_are_scikit_learns():
    from sklearn.neighbors import KNeighborsClassifier

    training, test = clusters(60, 4), clusters(40, 5)
    protocol = NearestNeighbors(neighbors=(7,))
    [ours] = protocol.fit([TrainingSet(features=training, views=1)], clusters(8, 1), CLASSES)
    theirs = KNeighborsClassifier(7, metric="cosine", weights=lambda distance: np.exp(-distance / 0.07))
    theirs.fit(training.values.numpy(), training.labels.numpy())
    votes = ours.classifier.scores(test.values).clamp_min(0)
    np.testing.assert_allclose(votes / votes.sum(1, keepdim=True), theirs.predict_proba(test.values.numpy()), atol=1e-5)
    [few] = NearestNeighbors(neighbors=(50,)).fit([TrainingSet(features=clusters(4, 4), views=1)], training, CLASSES)
    assert few.chosen == {"neighbors": 4}


@pytest.mark.parametrize("neighbors", [1, 3, 8])
def test_a_class_without_a_neighbor_is_no_hit(neighbors):
    """Top-5 against a loop over scikit-learn's neighbors: with one, it is top-1."""
    from sklearn.neighbors import NearestNeighbors as Theirs

    rng = torch.Generator().manual_seed(0)
    centers, labels = torch.randn(60, 16, generator=rng, dtype=torch.float64), torch.arange(60) % 30
    own = torch.randint(60, (300,), generator=rng)
    values, truth = centers[own] + torch.randn(300, 16, generator=rng, dtype=torch.float64), labels[own]
    training = TrainingSet(features=Samples(centers, labels), views=1)
    [fitted] = NearestNeighbors(neighbors=(neighbors,)).fit([training], Samples(values, truth), 30)
    distances, rows = Theirs(n_neighbors=neighbors, metric="cosine").fit(centers.numpy()).kneighbors(values.numpy())
    right = 0
    for near, found, label in zip(distances, labels.numpy()[rows], truth.tolist(), strict=True):
        votes = {k: np.exp(-near[found == k] / 0.07).sum() for k in set(found)}
        right += label in sorted(votes, key=votes.__getitem__)[-5:]
    scores = fitted.classifier.scores(values)
    assert accuracy(scores, truth, 5) == pytest.approx(right / 300)
    if neighbors == 1:
        assert accuracy(scores, truth, 5) == accuracy(scores, truth, 1)
    assert accuracy(torch.zeros(2, 3), torch.tensor([0, 2]), 5) == 1


def test_nearest_centroid_is_scikit_learns():
    from sklearn.neighbors import NearestCentroid as Theirs

    training, test = clusters(60, 4), clusters(40, 5)
    [ours] = NearestCentroid().fit([TrainingSet(features=training, views=1)], clusters(8, 1), CLASSES)
    theirs = Theirs().fit(training.values.numpy(), training.labels.numpy())
    assert ours.classifier.scores(test.values).argmax(1).tolist() == theirs.predict(test.values.numpy()).tolist()
    assert ours.chosen == {}


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.kind)
def test_one_hot_probabilities_are_labels(protocol):
    hard = sets(1)[0]
    soft = Samples(hard.features.values, torch.nn.functional.one_hot(hard.features.labels, CLASSES).float())
    a, b = (
        protocol.fit([TrainingSet(features=f, views=3)], clusters(20, 1), CLASSES)[0].classifier.scores(soft.values)
        for f in (hard.features, soft)
    )
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.kind)
def test_nothing_is_chosen_or_fitted_on_the_test_set(protocol, monkeypatch):
    """With permuted test labels, or without any test sample, every weight and every choice stays as it is."""
    fits = []
    fit = type(protocol).fit
    monkeypatch.setattr(type(protocol), "fit", lambda *a: fits.append(fit(*a)) or fits[-1])
    test, validation = clusters(40, 5), clusters(30, 1)
    first = probe(protocol, sets(), validation, test, CLASSES)
    second = probe(protocol, sets(), validation, Samples(test.values, (test.labels + 1) % CLASSES), CLASSES)
    assert [s.chosen for s in first] == [s.chosen for s in second]
    assert [s.top1 for s in first] != [s.top1 for s in second]
    for a, b in zip(*fits, strict=True):
        assert torch.equal(a.classifier.scores(validation.values), b.classifier.scores(validation.values))


@pytest.mark.parametrize(
    "protocol", [Converged(penalties=(1.0, 0.1)), Ridge(), NearestNeighbors()], ids=lambda p: p.kind
)
def test_held_out_images_do_not_choose_for_themselves(protocol):
    """The choice is that of a set without them; the result is fitted on all."""
    [one] = sets(1, n=40)
    held_out = one.features.index % 3 == 0
    rest = one.features.rows((~held_out).nonzero().flatten())
    validation = one.features.rows(held_out.nonzero().flatten())
    [whole] = protocol.fit([TrainingSet(features=one.features, views=3, held_out=held_out)], validation, CLASSES)
    [part] = protocol.fit([TrainingSet(features=rest, views=3)], validation, CLASSES)
    assert whole.chosen == part.chosen
    fixed = {"neighbors" if k == "neighbors" else "penalties": (v,) for k, v in whole.chosen.items()}
    [again] = type(protocol)(**fixed).fit([TrainingSet(features=one.features, views=3)], validation, CLASSES)
    x = clusters(10, 7).values
    torch.testing.assert_close(whole.classifier.scores(x), again.classifier.scores(x), rtol=0, atol=5e-3)


class Fixed:
    """A classifier that says what it is told."""

    def __init__(self, answers: list[int]) -> None:
        self.answers = torch.tensor(answers)

    def scores(self, features: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.one_hot(self.answers, CLASSES).double()


def test_scores_of_classes_and_groups_are_those_of_counting():
    labels, groups, answers = [0, 0, 1, 1, 1, 3], [0, 1, 0, 1, 1, 3], [0, 1, 1, 1, 2, 0]
    test = Samples(torch.zeros(6, 2), torch.tensor(labels), group=torch.tensor(groups))
    score = Score.of(Fixed(answers), test, CLASSES)

    def share(rows: list[bool]) -> float | None:
        right = [a == y for a, y, row in zip(answers, labels, rows, strict=True) if row]
        return 100 * sum(right) / len(right) if right else None

    assert score.top1 == pytest.approx(share([True] * 6))
    assert score.top5 == 100
    assert score.per_class == pytest.approx([share([y == c for y in labels]) for c in range(CLASSES)])
    assert score.per_group == pytest.approx([share([g == c for g in groups]) for c in range(4)])
    assert score.worst_group == 0
    record = summary([score, score])
    assert record["worst_group_mean"] == 0
    assert record["per_class"] == pytest.approx(list(score.per_class))
    assert record["top1_std"] == 0
    assert Score.of(Fixed(answers), Samples(torch.zeros(6, 2), torch.tensor(labels)), CLASSES).worst_group is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": torch.full((60,), 7)}, "training: expected labels from 0 to 3, got 7"),
        ({"labels": torch.full((60,), -1)}, "training: expected labels from 0 to 3, got -1"),
        ({"labels": torch.zeros(60, dtype=torch.int64)}, "training: classes without a sample: bird, cat, dog"),
        ({"labels": None}, "training: there are no labels"),
        ({"labels": torch.ones(60, 3)}, "training: expected probabilities of 4 classes, got 3"),
        ({"values": torch.zeros(60, 5)}, "training: features of 5 dimensions, but those of the test set have 12"),
        ({"values": torch.full((60, DIMENSION), math.nan)}, "training: some features are not finite"),
    ],
)
def test_bad_training_features_are_refused(change, message):
    good = sets(1)[0].features
    bad = Samples(change.get("values", good.values), change.get("labels", good.labels))
    names = ("ape", "bird", "cat", "dog")
    with pytest.raises(MatchZooError, match=message):
        probe(Ridge(), [TrainingSet(features=bad, views=3)], clusters(8, 1), clusters(8, 2), CLASSES, names)


def test_bad_test_features_are_refused():
    test = clusters(8, 2)
    with pytest.raises(MatchZooError, match="test: expected labels from 0 to 3, got 9"):
        probe(Ridge(), sets(1), clusters(8, 1), Samples(test.values, test.labels + 6), CLASSES)
    with pytest.raises(MatchZooError, match="validation: there are no samples"):
        probe(Ridge(), sets(1), Samples(torch.zeros(0, DIMENSION), torch.zeros(0)), test, CLASSES)


def test_a_protocol_is_named_by_its_kind():
    assert LinearProbe(protocol="paper").protocol.kind == "paper"
    assert isinstance(LinearProbe().protocol, Converged)
    assert LinearProbe(protocol=Paper(lr=1e-2)).protocol.lr == 1e-2
    with pytest.raises(DeclarationError, match="unknown protocol 'papers'; did you mean 'paper'"):
        LinearProbe(protocol="papers")
    assert all(isinstance(p, ClassifierFit) for p in PROTOCOLS)


def test_classes_are_matched_by_name():
    labels = torch.tensor([0, 1, 2, 2])
    assert relabel(labels, ("ape", "bee", "cat"), ("cat", "ape", "bee")).tolist() == [1, 2, 0, 0]
    soft = relabel(torch.eye(3), ("ape", "bee", "cat"), ("cat", "ape", "bee"))
    assert soft.argmax(1).tolist() == [1, 2, 0]
    with pytest.raises(MatchZooError, match="classes do not match: the data has no 'bee'; the images have no 'dog'"):
        relabel(labels, ("ape", "bee", "cat"), ("cat", "ape", "dog"))
    with pytest.raises(MatchZooError, match="classes do not match: 3 classes, expected 2; the data has no 'cat'"):
        relabel(labels, ("ape", "bee", "cat"), ("ape", "bee"))
    with pytest.raises(MatchZooError, match="labels: expected 0 to 1, got 0 to 2"):
        relabel(labels, ("ape", "bee"), ("bee", "ape"))
