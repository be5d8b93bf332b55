"""Label shift: how often every class comes elsewhere, where p(x|y) is the same; and classes told by domains alone."""

from matchzoo.ratios.label_shift.class_ratio import ClassRatio, LabelShift
from matchzoo.ratios.label_shift.confusion import black_box_shift
from matchzoo.ratios.label_shift.k_way import KWay, KWayRatio
from matchzoo.ratios.label_shift.latent import (
    LatentLabels,
    LatentLabelShift,
    class_given_domain,
    class_given_x,
    class_given_x_and_domain,
)
from matchzoo.ratios.label_shift.likelihood import expectation_maximization, log_likelihood

__all__ = [
    "ClassRatio",
    "KWay",
    "KWayRatio",
    "LabelShift",
    "LatentLabelShift",
    "LatentLabels",
    "black_box_shift",
    "class_given_domain",
    "class_given_x",
    "class_given_x_and_domain",
    "expectation_maximization",
    "log_likelihood",
]
