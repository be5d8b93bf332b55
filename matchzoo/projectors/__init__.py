"""The space in which samples are compared."""

from matchzoo.projectors.auto_encoder import AutoEncoder
from matchzoo.projectors.backbone import Backbone
from matchzoo.projectors.identity import Identity
from matchzoo.projectors.learned import Learned
from matchzoo.projectors.projector import Projector

__all__ = ["AutoEncoder", "Backbone", "Identity", "Learned", "Projector"]
