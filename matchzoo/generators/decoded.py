"""A generator among codes with the projector that decodes them, as one part."""

import attrs
import torch

from matchzoo.core.declaration.declare import declare
from matchzoo.core.errors import DeclarationError
from matchzoo.core.samples import Samples
from matchzoo.core.spec import Spec, Units
from matchzoo.core.step import Step
from matchzoo.generators.generator import Generator
from matchzoo.projectors import Projector


@declare("decoded")
class DecodedGenerator(Generator):
    """Samples of a generator among codes, whose codec is a part of this one.

    In a recipe, where the codec was trained before and is looked at by other parts too, name it; this is what a flow
    among codes is saved and published as, so that a model is one part.

    Examples:
        >>> codec = AutoEncoder(encoder=MLP(), decoder=MLP(), features=3)
        >>> generator = DecodedGenerator(generator=Flow(network=MLP(), codec="codes"), codec=codec)
        >>> generator.build(Spec(shape=(8,)))
        >>> generator.sample(5).values.shape
        torch.Size([5, 8])
    """

    generator: Generator
    """Makes codes; the name that it has for its codec stands for the one beside it."""
    codec: Projector
    """From samples to codes and back."""

    def __attrs_post_init__(self) -> None:
        problems = []
        if self.generator.space is None:
            message = 'makes samples itself; expected one among codes, such as kind = "flow" with codec = "codes"'
            problems.append(("generator", message))
        if type(self.codec).decode is Projector.decode:
            problems.append(("codec", 'has no decoder; expected a projector with one, such as kind = "auto-encoder"'))
        if problems:
            raise DeclarationError(problems)

    def build(self, spec: Spec) -> None:
        """Build the codec for samples of ``spec.shape``, and the generator among its features."""
        features = self.codec.build(attrs.evolve(spec, space="projector"))
        self.generator.bind({str(self.generator.space): self.codec})
        self.generator.build(attrs.evolve(spec, features=features))

    def draw(self, n: int | None, rng: torch.Generator | None = None) -> torch.Tensor:
        """Draws [n, k] of the generator."""
        return self.generator.draw(n, rng)

    def render(self, draws: torch.Tensor) -> Samples:
        """The decoded samples [n, …] of draws [n, k]."""
        return self.generator.render(draws)

    @property
    def units(self) -> Units | None:
        """Of the generator."""
        return self.generator.units

    @property
    def count(self) -> int | None:
        """Of the generator."""
        return self.generator.count

    def before_step(self, step: Step) -> bool:
        """Let both do what is due."""
        changed = [part.before_step(step) for part in (self.codec, self.generator)]
        return any(changed)

    def after_step(self) -> None:
        """Put the parameters of both back into their sets."""
        self.codec.after_step()
        self.generator.after_step()

    def follow(self) -> None:
        """Move the generator's average."""
        self.generator.follow()
