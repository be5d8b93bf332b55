"""Mixtures of images: shares of labels are those of pixels."""

import torch

from matchzoo.evaluation.scratch import cutmix, mixup
from matchzoo.evaluation.scratch.mixing import mixed

IMAGES = torch.stack([torch.zeros(1, 8, 8), torch.ones(1, 8, 8)])
LABELS, PARTNERS = torch.eye(2), torch.tensor([1, 0])


def test_what_is_seen_of_an_image_is_its_share_of_the_label():
    for images, labels in (
        mixup(IMAGES, LABELS, 0.75, PARTNERS),
        cutmix(IMAGES, LABELS, 0.75, PARTNERS),
        cutmix(IMAGES, LABELS, 0.75, PARTNERS, (0.0, 0.9)),  # a part of it lies outside
        cutmix(IMAGES, LABELS, 0.0, PARTNERS),
        cutmix(IMAGES, LABELS, 1.0, PARTNERS),
    ):
        torch.testing.assert_close(images.mean((1, 2, 3)), labels[:, 1])
        torch.testing.assert_close(labels.sum(1), torch.ones(2))
    assert cutmix(IMAGES, LABELS, 0.75, PARTNERS)[1][0].tolist() == [0.75, 0.25]


def test_a_batch_is_mixed_one_way_at_a_time_by_its_generator():
    ways = set()
    for seed in range(8):
        images, labels = mixed(IMAGES, LABELS, torch.Generator().manual_seed(seed), 1.0, 1.0)
        again = mixed(IMAGES, LABELS, torch.Generator().manual_seed(seed), 1.0, 1.0)[0]
        torch.testing.assert_close(images, again)
        torch.testing.assert_close(images.mean((1, 2, 3)), labels[:, 1])
        ways.add(bool(((images == 0) | (images == 1)).all()))
    assert ways == {True, False}
    assert mixed(IMAGES, LABELS, torch.Generator(), 0.0, 0.0)[0] is IMAGES
