"""Noisy labels: how many are wrong, which, and what is refused."""

import numpy as np
import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.storage.files import file_sha256
from matchzoo.data import Data
from matchzoo.data.domains.noisy_labels import asymmetric_transition, flipped, symmetric_transition

DIGITS = {"kind": "digits", "size": 8, "channels": 1}


def data(**fields: object) -> Data:
    return structure({"kind": "noisy-labels", "source": DIGITS, **fields}, Data)


def counts(labels: torch.Tensor, clean: torch.Tensor) -> torch.Tensor:
    return torch.zeros(10, 10).index_put_((clean, labels), torch.ones(len(labels)), accumulate=True)


@pytest.mark.parametrize(
    ("fields", "transition"),
    [
        ({"rate": 0.4}, symmetric_transition(10, 0.4)),
        ({"rate": 0.4, "keep": True}, symmetric_transition(10, 0.4, keep=True)),
        ({"rate": 0.3, "noise": "asymmetric"}, asymmetric_transition(10, 0.3)),
        (
            {"rate": 0.3, "noise": "asymmetric", "confused": {"1": "7", "4": "9"}},
            asymmetric_transition(10, 0.3, {1: 7, 4: 9}),
        ),
    ],
)
def test_as_many_are_wrong_as_the_matrix_says(fields, transition):
    assert torch.allclose(transition.sum(1), torch.ones(10, dtype=torch.float64))
    loaded = data(**fields).load()
    clean = structure(DIGITS, Data).load().train.labels
    assert torch.equal(loaded.clean_labels, clean)
    found = counts(loaded.train.labels, clean)
    assert (found - transition * clean.bincount()[:, None]).abs().max() <= 1
    if not fields.get("keep") and "noise" not in fields:
        assert (loaded.train.labels != clean).double().mean() == pytest.approx(0.4, abs=0.005)


def test_the_rest_of_the_data_stays_as_it_is():
    noisy, plain = data().load(), structure(DIGITS, Data).load()
    assert torch.equal(noisy.train.values, plain.train.values)
    assert torch.equal(noisy.test.labels, plain.test.labels)
    assert noisy.class_names == plain.class_names


def test_flips_follow_the_seed():
    labels, transition = torch.arange(10).repeat(50), symmetric_transition(10, 0.5)
    first, again, other = (flipped(labels, transition, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(data(noise_seed=1).load().train.labels, data().load().train.labels)


def test_labels_of_a_file(tmp_path):
    clean = structure(DIGITS, Data).load().train.labels
    labels = (clean + 1) % 10
    np.save(tmp_path / "labels.npy", labels.numpy())
    np.savetxt(tmp_path / "labels.txt", labels.numpy(), fmt="%d")
    for name in ("labels.npy", "labels.txt"):
        noisy = data(file=str(tmp_path / name))
        assert torch.equal(noisy.load().train.labels, labels)
        assert noisy.origin()["labels_sha256"] == file_sha256(tmp_path / name)


def test_what_is_refused(tmp_path):
    short, odd, text = (tmp_path / name for name in ("short.txt", "odd.txt", "text.txt"))
    short.write_text("1\n2\n")
    odd.write_text("10\n" * 1437)
    text.write_text("seven\n")
    count = len(structure(DIGITS, Data).load().train)
    odd.write_text("10\n" * count)
    for fields, message in [
        ({"file": str(tmp_path / "none.txt")}, r"file: there is no file"),
        ({"file": str(short)}, rf"file: expected {count} class numbers, one per training sample, got int64 \[2\]"),
        ({"file": str(odd)}, "file: class numbers go from 0 to 9, got 10"),
        ({"file": str(text)}, "cannot be read as class numbers"),
        ({"noise": "asymmetric", "confused": {"1": "77"}}, "confused: there is no class '77'"),
        ({"source": {"kind": "ring", "points": 50, "test_points": 5}}, "source: its training samples have no labels"),
    ]:
        with pytest.raises(DeclarationError, match=message):
            data(**fields).load()
    with pytest.raises(MatchZooError, match=r"at least 2 classes .* got 1 and 0\.4"):
        symmetric_transition(1, 0.4)
    with pytest.raises(DeclarationError, match="confused"):
        data(confused={"1": "7"})
    with pytest.raises(DeclarationError, match="noise: labels are those of the file"):
        data(noise="asymmetric", file=str(short))
    with pytest.raises(DeclarationError, match="keep"):
        data(noise="asymmetric", keep=True)
