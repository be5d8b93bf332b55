"""The scores of DD-Ranking: how much of an accuracy is of the images, and not of labels or augmentation.

Source: Li et al., DD-Ranking: rethinking the evaluation of dataset distillation, arXiv 2505.13300. Its code chooses
learning rate and epoch by the accuracy on test data; here the accuracies that are given are of networks for which
nothing was chosen so.
"""

import math


def normalized_score(value: float) -> float:
    """(e^x - e^-1) / (e - e^-1), which takes [-1, 1] to [0, 1].

    Examples:
        >>> normalized_score(1.0), normalized_score(-1.0)
        (1.0, 0.0)
    """
    return (math.exp(value) - math.exp(-1)) / (math.e - math.exp(-1))


def label_robust_score(
    *, full_hard: float, set_hard: float, set_soft: float, random_soft: float, weight: float = 0.5
) -> float:
    """LRS = w IOR - (1 - w) HLR, in [-1, 1], larger is better.

    HLR, the hard label recovery, is what is lost against all data where labels are classes: full_hard - set_hard. IOR,
    the improvement over random, is what is won over random real images whose labels are made in the same way:
    set_soft - random_soft.

    Examples:
        >>> round(label_robust_score(full_hard=0.9, set_hard=0.5, set_soft=0.7, random_soft=0.6), 3)
        -0.15

    Args:
        full_hard: accuracy in [0, 1] of all real images with their classes.
        set_hard: of the set with classes as labels.
        set_soft: of the set with its own labels.
        random_soft: of as many random real images with labels made as those of the set.
        weight: w in [0, 1].
    """
    return weight * (set_soft - random_soft) - (1 - weight) * (full_hard - set_hard)


def augmentation_robust_score(
    *,
    set_augmented: float,
    random_augmented: float,
    set_plain: float,
    random_plain: float,
    weight: float = 0.5,
) -> float:
    """ARS = w (set - random, with augmentation) + (1 - w) (set - random, without), in [-1, 1], larger is better.

    Args:
        set_augmented: accuracy in [0, 1] of the set, trained with augmentation.
        random_augmented: of as many random real images, with augmentation.
        set_plain: of the set without augmentation.
        random_plain: of the random real images without augmentation.
        weight: w in [0, 1].
    """
    return weight * (set_augmented - random_augmented) + (1 - weight) * (set_plain - random_plain)
