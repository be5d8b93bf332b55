"""What data are made of."""

from matchzoo.data import Arrays, Colored, Combined, Digits, Shifted, ShiftedEnvironments
from matchzoo.data.shifts import Inverted
from matchzoo.data.sources import direct_sources, single_sources


def test_sources_of_data_that_are_made_of_others() -> None:
    arrays, digits = Arrays(path="c.npz"), Digits(size=8, channels=1)
    assert (direct_sources(arrays), single_sources(arrays)) == ([], [arrays])
    shifted = Shifted(source=arrays, shifts=[Inverted()])
    both = Combined(environments={"a": digits, "b": Colored(source=digits)}, others={"c": shifted})
    assert single_sources(both) == [digits, digits, arrays]
    dealt = ShiftedEnvironments(source=both, environments={"a": []})
    assert direct_sources(dealt) == [both]
    assert single_sources(dealt) == [digits, digits, arrays]
