"""Trainable and fitted maps: networks, fields that move points in time, and classifiers that are fitted on features."""

from typing import TYPE_CHECKING

from matchzoo.core.lazy import lazily

if TYPE_CHECKING:
    from matchzoo.models import classifiers as classifiers
    from matchzoo.models import fields as fields
    from matchzoo.models import networks as networks

_MODULES = {name: f"matchzoo.models.{name}" for name in ("classifiers", "fields", "networks")}
__getattr__, __dir__ = lazily(__name__, _MODULES, globals())
