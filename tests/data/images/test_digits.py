"""Digits on black and on photographs."""

import torch

from matchzoo.data.images.digits import Digits


def test_a_background_is_behind_the_digits_and_always_the_same():
    plain, busy, again = (Digits(size=16, background=b).load() for b in (0.0, 0.65, 0.65))
    assert torch.equal(busy.train.values, again.train.values)
    assert torch.equal(busy.train.labels, plain.train.labels)
    digit, seen = plain.train.values.double() / 255, busy.train.values.double() / 255
    behind = (seen - digit) / (1 - digit).clamp_min(1e-9) / 0.65
    assert (seen >= digit - 1 / 255).all()
    empty = digit == 0
    assert behind[empty].amin() >= -0.01
    assert behind[empty].amax() <= 1.01
    assert torch.equal(seen[digit == 1], digit[digit == 1])
