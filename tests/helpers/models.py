"""A small trained part."""

import attrs
from helpers.hub_server import TOKEN, Fault, HubServer, hub  # noqa: F401

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.spec import Spec
from matchzoo.generators import NoiseGenerator
from matchzoo.hub.model import Model

NETWORK = next(field.type for field in attrs.fields(NoiseGenerator) if field.name == "network")


def small() -> Model:
    """A model that is made in no time."""
    spec = Spec(shape=(2,), count=10, features=3)
    generator = NoiseGenerator(dimension=2, network=structure({"kind": "mlp", "widths": [3], "norm": "batch"}, NETWORK))
    generator.build(spec)
    return Model.of(generator, spec, recipe="schema = 1\n", license="MIT", source={"data": {"kind": "ring"}})
