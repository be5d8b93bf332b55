"""Trainable and fitted maps: networks, fields in time, classifiers, plans between two sets, proximal operators."""

from typing import TYPE_CHECKING

from matchzoo.core.lazy import lazily

if TYPE_CHECKING:
    from matchzoo.models import classifiers as classifiers
    from matchzoo.models import fields as fields
    from matchzoo.models import networks as networks
    from matchzoo.models import proximal as proximal
    from matchzoo.models import transport as transport

_MODULES = {name: f"matchzoo.models.{name}" for name in ("classifiers", "fields", "networks", "proximal", "transport")}
__getattr__, __dir__ = lazily(__name__, _MODULES, globals())
