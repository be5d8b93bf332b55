"""Colored images: how often color and label agree, environments apart, and what is refused."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.data import Colored, Digits


def digits(**changes):
    return Digits(size=8, **{"channels": 1, **changes})


def color_of(split):
    return (split.all().values.flatten(2).sum(2).argmax(1)).long()


def test_colors_agree_with_labels_as_often_as_the_environments_say():
    data = Colored(source=digits())
    spec = data.build(0)
    assert (spec.shape, spec.class_names, spec.group_names) == ((2, 8, 8), ("low", "high"), ("mostly", "nearly-always"))
    assert [len(rows) for rows in data.environment_rows] == [2396, 2396]
    train = data.training_set
    for group, flip in enumerate((0.2, 0.1)):
        rows = train.group == group
        flipped = (color_of(train)[rows] != train.labels[rows]).double().mean().item()
        assert flipped == pytest.approx(flip, abs=4 * (flip * (1 - flip) / 2396) ** 0.5)
    reversed_ = data.sets()["reversed"]
    assert (color_of(reversed_) != reversed_.labels).double().mean().item() == pytest.approx(0.9, abs=0.025)


def test_shapes_tell_three_labels_of_four_and_no_image_is_in_two_environments():
    clean, noisy = (Colored(source=digits(), gray=True, label_noise=noise).load() for noise in (0.0, 0.25))
    assert torch.equal(clean.train.values[:, 0], clean.train.values[:, 1])
    differing = (clean.train.labels != noisy.train.labels).double().mean().item()
    assert differing == pytest.approx(0.25, abs=0.03)
    assert len(clean.train.values.unique(dim=0)) + len(clean.others["reversed"].values.unique(dim=0)) >= 1795


def test_it_is_the_same_each_time_and_another_by_its_seed():
    first, second, other = (Colored(source=digits(), copies=1, split_seed=seed).load() for seed in (0, 0, 1))
    assert torch.equal(first.train.values, second.train.values)
    assert not torch.equal(first.train.values, other.train.values)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (lambda: Colored(source=digits(channels=3)).load(), r"expected images of 1 channel, got .* \[3, 8, 8\]"),
        (
            lambda: Colored(source=digits(), environments={"a": 1.2}),
            r"environments.a: expected a number between 0 and 1",
        ),
        (lambda: Colored(source=digits(), environments={}), "environments: expected at least one"),
        (
            lambda: Colored(source=digits(), environments={"a": 0.1}, others={"a": 0.9}).load(),
            "is that of an environment",
        ),
    ],
)
def test_refused(declared, message):
    with pytest.raises(DeclarationError, match=message):
        declared()
