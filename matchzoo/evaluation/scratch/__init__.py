"""Training networks from scratch on a set: losses, mixing, teachers, and the scores of DD-Ranking."""

from matchzoo.evaluation.scratch.fitting import fit_network
from matchzoo.evaluation.scratch.losses import tempered, tempered_cross_entropy, tempered_kl
from matchzoo.evaluation.scratch.mixing import cutmix, mixup
from matchzoo.evaluation.scratch.robustness import augmentation_robust_score, label_robust_score, normalized_score

__all__ = [
    "augmentation_robust_score",
    "cutmix",
    "fit_network",
    "label_robust_score",
    "mixup",
    "normalized_score",
    "tempered",
    "tempered_cross_entropy",
    "tempered_kl",
]
