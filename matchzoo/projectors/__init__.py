"""The space in which samples are compared."""

from matchzoo.projectors.auto_encoder import AutoEncoder
from matchzoo.projectors.average import Average, follow_average
from matchzoo.projectors.backbone import Backbone
from matchzoo.projectors.identity import Identity
from matchzoo.projectors.learned import Learned
from matchzoo.projectors.projector import Projector
from matchzoo.projectors.recoloring import Recoloring, recolor
from matchzoo.projectors.stack import Stack

__all__ = [
    "AutoEncoder",
    "Average",
    "Backbone",
    "Identity",
    "Learned",
    "Projector",
    "Recoloring",
    "Stack",
    "follow_average",
    "recolor",
]
