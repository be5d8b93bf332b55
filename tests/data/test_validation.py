"""Training samples that are kept apart: which ones, and what else goes with them."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.data import Split
from matchzoo.data.domains.combined import Combined
from matchzoo.data.images.digits import Digits
from matchzoo.data.points.ring import Ring
from matchzoo.data.validation import kept_apart, validation_rows


def test_every_class_gives_the_same_share_and_no_sample_is_in_both_parts():
    labels = torch.arange(3).repeat_interleave(20)
    stay, apart = validation_rows(Split(torch.zeros(60, 2), labels), 0.25)
    assert labels[apart].bincount().tolist() == [5, 5, 5]
    assert sorted([*stay.tolist(), *apart.tolist()]) == list(range(60))


def test_without_labels_rows_are_random_and_always_the_same():
    split = Split(torch.zeros(50, 2))
    first, second = (validation_rows(split, 0.2)[1] for _ in range(2))
    assert first.equal(second)
    assert len(first) == 10
    assert first.tolist() != list(range(40, 50))


def test_aligned_rows_and_clean_labels_go_with_theirs():
    values = torch.arange(12.0)[:, None]
    train, night = Split(values), Split(values + 100)
    about = {"aligned": ("night",), "clean_labels": torch.arange(12)}
    stays, others, clean = kept_apart(train, {"night": night, "far": Split(values)}, 0.25, **about)
    assert stays.values.flatten().tolist() == clean.tolist()
    assert others["night"].values.equal(stays.values + 100)
    assert others["night-validation"].values.equal(others["validation"].values + 100)
    assert len(others["far"]) == 12


def test_data_have_the_split_and_can_be_tested_on_it():
    whole, data = Ring(points=100, test_points=10), Ring(points=100, test_points=10, validation_share=0.2)
    whole.build(0)
    data.build(0)
    splits = data.sets()
    assert (len(splits["real"]), len(splits["validation"]), len(splits["test"])) == (80, 20, 10)
    together = torch.cat([splits[name].values for name in ("real", "validation")])
    assert together.sort(0).values.equal(whole.training_set.values.sort(0).values)

    other = data.tested_on("validation")
    assert other.test_set is splits["validation"]
    assert data.test_set is splits["test"]
    assert other.training_set is data.training_set


def test_what_cannot_be_is_told():
    inner = Combined(environments={"a": Digits(validation_share=0.5)})
    with pytest.raises(DeclarationError, match=r"data.validation_share: is a field of the whole"):
        inner.build(0)
    with pytest.raises(DeclarationError, match=r"0.001 of 100 training samples are 0; both parts need one"):
        Ring(points=100, validation_share=0.001).build(0)
    with pytest.raises(DeclarationError, match="the data have a split 'validation' already"):
        kept_apart(Split(torch.zeros(4, 1)), {"validation": Split(torch.zeros(4, 1))}, 0.5)
