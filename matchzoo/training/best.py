"""Which step's state is the result of a run: the best one by validation, in place of the last one."""

import attrs

from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, not_empty


@declare
class Best:
    """Every so many steps the parts are measured by an evaluation of the recipe that does not look at the test part;
    what came of the best of these steps is the result of the run, the earliest of equal ones."""

    by: str = attrs.field(validator=not_empty())
    """The figure: the kind of the evaluation and the name of the number in its record, ``validation.top1_mean``."""
    every: int = attrs.field(default=100, validator=at_least(1))
    """Steps between measurements; the last step is measured as well."""
