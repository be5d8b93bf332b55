"""Subsets: which samples they have, how often each class is, and what is refused."""

import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.data import Data, Loaded

DIGITS = {"kind": "digits", "size": 8, "channels": 1}


def loaded(**fields: object) -> Loaded:
    return structure({"kind": "subset", "source": DIGITS, **fields}, Data).load()


def rows(loaded: Loaded) -> set[bytes]:
    return {image.numpy().tobytes() for split in (loaded.train, loaded.test) for image in split.values}


def test_a_part_is_dealt_anew():
    whole = structure(DIGITS, Data).load()
    for part, count in (("train", len(whole.train)), ("test", len(whole.test)), ("all", 1797)):
        subset = loaded(part=part, test_share=0.2)
        assert len(subset.train) + len(subset.test) == count
        assert len(subset.test) == pytest.approx(0.2 * count, rel=0.02)
    train, test = rows(loaded(part="train")), rows(loaded(part="test"))
    assert train == {image.numpy().tobytes() for image in whole.train.values}
    assert not train & test
    assert not torch.equal(loaded(split_seed=1).train.values, loaded().train.values)


def test_classes_are_as_often_as_their_shares_say():
    shares = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    subset = loaded(class_shares=shares)
    counts = subset.train.labels.bincount() + subset.test.labels.bincount()
    whole = loaded()
    all_of = whole.train.labels.bincount() + whole.test.labels.bincount()
    assert torch.allclose(counts / counts.sum(), torch.tensor(shares) / 55, atol=1e-3)
    assert bool((counts <= all_of).all())
    assert bool((counts[:1] >= all_of[:1] - 1).all())  # as many as there are
    assert rows(subset) <= rows(whole)


def test_a_share_of_0_leaves_a_class_out_which_stays_one_of_them():
    shares = [1.0, 0.0, 1.0, 0.0] + [1.0] * 6
    subset, few = loaded(class_shares=shares), loaded(class_shares=shares, part="train", samples=16, test_share=0)
    for split in (subset.train, subset.test, few.train):
        counts = split.labels.bincount()
        assert counts[[1, 3]].tolist() == [0, 0]
        assert len(counts[counts > 0].unique()) == 1  # of the others all alike
    assert few.train.labels.bincount().tolist() == [2, 0, 2, 0, *[2] * 6]
    assert subset.class_names == tuple(map(str, range(10)))


def test_a_few_samples():
    """Without labels, those of a smaller number are among those of a larger one, and may be fewer than classes."""
    whole, many, few = loaded(), loaded(samples=80, labels=False), loaded(samples=5, labels=False)
    assert (len(many.train), len(few.train)) == (80, 5)
    images = [{image.numpy().tobytes() for image in split.train.values} for split in (few, many, whole)]
    assert images[0] < images[1] < images[2]
    assert torch.equal(many.test.values, whole.test.values)
    assert few.train.labels is None
    assert few.class_names == ()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"class_shares": [1.0, -0.1]}, "class_shares: expected at least 0, got -0.1"),
        ({"class_shares": [0.0] * 10}, "class_shares: expected a class with a share above 0, got none"),
        ({"class_shares": [1.0, 0.5]}, "class_shares: expected a share of each of 10 classes, got 2"),
        ({"source": "gaussian"}, "source: a subset is of labeled samples"),
        ({"samples": 5000}, "samples: expected at most the 8.. training samples, got 5000"),
        ({"part": "tset"}, "part: expected one of"),
    ],
)
def test_what_is_refused(fields, message):
    with pytest.raises(DeclarationError, match=message):
        loaded(**fields)


def test_a_count_of_training_samples_beside_the_test_part_of_the_source():
    whole = structure(DIGITS, Data).load()
    subset = loaded(part="train", test_share=0, samples=500)
    assert torch.equal(subset.test.values, whole.test.values)
    assert len(subset.train) == 500
    shares = subset.train.labels.bincount() / 500 - whole.train.labels.bincount() / len(whole.train)
    assert shares.abs().max() <= 1 / 500
    assert len(loaded(part="train", test_share=0).train) == len(whole.train)
    halved = loaded(part="all", test_share=0.2, samples=300)
    assert len(halved.train) == 300
    assert len(halved.test) == len(loaded(part="all", test_share=0.2).test)
    with pytest.raises(DeclarationError, match=r"samples: expected at most the 899 training samples, got 9999"):
        loaded(part="train", test_share=0, samples=9999)
    with pytest.raises(DeclarationError, match='test_share: 0 is for part = "train"'):
        loaded(test_share=0)
