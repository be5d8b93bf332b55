"""The space in which samples are compared."""

from matchzoo.projectors.backbone import Backbone
from matchzoo.projectors.identity import Identity
from matchzoo.projectors.learned import Learned
from matchzoo.projectors.projector import Projector

__all__ = ["Backbone", "Identity", "Learned", "Projector"]
