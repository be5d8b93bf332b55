"""What holds a statistic and adds to it: its life is passed on."""

from collections.abc import Mapping

from matchzoo.core.part import Part
from matchzoo.core.step import Step
from matchzoo.data.pool import Pool
from matchzoo.matchers.statistics.statistic import Statistic


class AroundStatistic:
    """A part with a field ``statistic``: what happens to the part happens to it, and what it can do the part can.

    Comes before the part's own family among the bases.
    """

    statistic: Statistic

    @property
    def uses_sample_weights(self) -> bool:
        """Where the statistic does."""
        return self.statistic.uses_sample_weights

    @property
    def supports_float16(self) -> bool:
        """Where the statistic does."""
        return self.statistic.supports_float16

    def bind(self, parts: Mapping[str, Part]) -> None:
        """Bind the statistic."""
        self.statistic.bind(parts)

    def prepare(self, pool: Pool) -> None:
        """Let the statistic look at the real samples."""
        self.statistic.prepare(pool)

    def before_step(self, step: Step) -> bool:
        """Let the statistic do what is due before a step."""
        return self.statistic.before_step(step)

    def after_step(self) -> None:
        """Let the statistic write its state."""
        self.statistic.after_step()

    def finish(self, pool: Pool) -> None:
        """Let the statistic look at the real samples after the last step."""
        self.statistic.finish(pool)
