"""Networks from scratch: rates chosen on real training images, teachers, mixtures, and what robust scores are of."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data import Digits, Split
from matchzoo.evaluation.from_scratch import FromScratch
from matchzoo.evaluation.scratch.robust_scores import robust_scores
from matchzoo.evaluation.scratch.robustness import label_robust_score, normalized_score
from matchzoo.models.networks import MLP
from matchzoo.projectors import Identity
from matchzoo.training.engine import Engine

ENGINE = Engine.start("cpu", "float32")


@pytest.fixture(scope="module")
def data() -> Digits:
    data = Digits(size=8)
    data.build(0)
    return data


@pytest.fixture(scope="module")
def images(data) -> Split:
    """Four real images of each digit."""
    labels = data.training_set.labels
    rows = torch.cat([(labels == label).nonzero().flatten()[:4] for label in range(10)])
    return Split(data.training_set.render(rows).values, labels[rows])


def training(**fields):
    return FromScratch(**{"network": MLP(widths=(8,)), "epochs": 20, "batch": 40, "seeds": 1, **fields})


def test_the_rate_is_that_of_the_best_validation_accuracy_and_no_test_label_is_looked_at(data, images):
    bench = training(rates=(1e-6, 0.1)).bench(data, ENGINE)
    record = bench.record([images])
    assert record["chosen"] == [{"lr": 0.1}]
    assert record["top1"] == training(lr=0.1).bench(data, ENGINE).record([images])["top1"]

    other = Digits(size=8)
    other.build(0)
    other.test_set.labels.copy_(other.test_set.labels.roll(1))
    assert training(rates=(1e-6, 0.1)).bench(other, ENGINE).chosen_rate(images) == {"lr": 0.1}


def test_images_of_a_set_do_not_choose_for_it(data, monkeypatch):
    judged = []
    monkeypatch.setattr(
        "matchzoo.evaluation.scratch.bench._Classifier.scores",
        lambda self, rows: (judged.append(rows), torch.zeros(len(rows), 10))[1],
    )
    bench = training(rates=(0.1,), epochs=1, batch=500).bench(data, ENGINE)
    bench.chosen_rate(Split(torch.rand(2, 3, 8, 8), torch.tensor([0, 1])))
    held = judged[0]
    part = Split(data.training_set.render(held[:5]).values, bench.real_labels[held[:5]])
    bench.chosen_rate(part)
    assert torch.equal(judged[1], held[5:])
    with pytest.raises(MatchZooError, match="the set has all validation images"):
        bench.chosen_rate(Split(data.training_set.render(held).values, bench.real_labels[held]))


def test_a_teacher_says_the_labels_once_or_of_what_is_seen(data, images):
    seen = []
    for labels in ("teacher", "teacher-once"):
        how = training(labels=labels, loss="kl", temperature=2.0, mixup=0.5, epochs=3)
        bench = how.bench(data, ENGINE)
        bench.teacher = lambda x: (seen.append(x), torch.full((len(x), 10), 0.1))[1]
        bench.fitted(images, 0, 0.1)
    assert [len(x) for x in seen] == [40] * 4  # thrice of what is seen, and once of the images
    torch.testing.assert_close(seen[-1], (images.values - bench.mean) / bench.std)
    assert not torch.allclose(seen[0].sort(0).values, seen[-1].sort(0).values)

    bench = training(labels="teacher", lr=0.1).bench(data, ENGINE)
    taught = bench.teacher((data.training_set.all().values - bench.mean) / bench.std)
    assert (taught.argmax(1) == bench.real_labels).float().mean() > 0.8  # it was trained on all of them
    torch.testing.assert_close(taught.sum(1), torch.ones(len(taught)))


def test_robust_scores_are_of_the_accuracies_that_they_tell(data, images):
    soft = Split(images.values, torch.nn.functional.one_hot(images.labels, 10) * 0.9 + 0.01)
    how = training(lr=0.1, seeds=2, mixup=0.2, epochs=4)
    bench = how.bench(data, ENGINE)
    own = bench.record([soft] * 2)
    scores = robust_scores(bench, [soft] * 2, own, 0.25)
    told = scores["label_robust"]
    shares = {name: value / 100 for name, value in told["accuracies"].items()}
    assert shares["set_soft"] == pytest.approx(own["top1_mean"] / 100)
    assert told["value"] == pytest.approx(label_robust_score(**shares, weight=0.25))
    assert told["score"] == pytest.approx(100 * normalized_score(told["value"]))
    assert told["standard_error"] > 0
    hard = training(lr=0.1, seeds=2, mixup=0.2, epochs=4, labels="classes").bench(data, ENGINE)
    assert shares["set_hard"] == pytest.approx(hard.record([soft] * 2)["top1_mean"] / 100)
    assert set(scores["augmentation_robust"]["accuracies"]) == {
        "set_augmented", "random_augmented", "set_plain", "random_plain"
    }  # fmt: skip

    bench = training(lr=0.1, epochs=4).bench(data, ENGINE)
    own = bench.record([images])
    scores = robust_scores(bench, [images], own)
    assert set(scores) == {"label_robust"}  # nothing is augmented
    assert scores["label_robust"]["standard_error"] is None  # of one network
    assert scores["label_robust"]["accuracies"]["set_hard"] == own["top1_mean"]


def test_what_is_refused(data):
    with pytest.raises(DeclarationError, match="temperature: is of soft-cross-entropy and kl"):
        training(temperature=2.0)
    with pytest.raises(DeclarationError, match="teacher: labels are 'stored'"):
        training(teacher=Identity())
    with pytest.raises(DeclarationError, match="teacher: expected a space of 10 class scores, got one of 192"):
        training(teacher=Identity(), labels="teacher").check_data(data)
