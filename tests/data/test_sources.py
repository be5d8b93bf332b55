"""What data are made of."""

import pytest

from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.errors import DeclarationError
from matchzoo.data import Arrays, Colored, Combined, Digits, Ring, Shifted, ShiftedEnvironments, Subset
from matchzoo.data.shifts import Inverted
from matchzoo.data.sources import direct_sources, resized, single_sources


def test_sources_of_data_that_are_made_of_others() -> None:
    arrays, digits = Arrays(path="c.npz"), Digits(size=8, channels=1)
    assert (direct_sources(arrays), single_sources(arrays)) == ([], [arrays])
    shifted = Shifted(source=arrays, shifts=[Inverted()])
    both = Combined(environments={"a": digits, "b": Colored(source=digits)}, others={"c": shifted})
    assert single_sources(both) == [digits, digits, arrays]
    dealt = ShiftedEnvironments(source=both, environments={"a": []})
    assert direct_sources(dealt) == [both]
    assert single_sources(dealt) == [digits, digits, arrays]


def test_another_size_is_that_of_all_data_inside() -> None:
    digits = Digits(size=8, channels=1)
    part = Subset(source=Colored(source=digits), samples=9)
    both = Combined(environments={"a": digits}, others={"b": part}, validation={"b": 0.5})
    twice = Digits(size=16, channels=1)
    assert to_table(resized(digits, 16)) == to_table(twice)
    part_of_large = Subset(source=Colored(source=twice), samples=9)
    large = Combined(environments={"a": twice}, others={"b": part_of_large}, validation={"b": 0.5})
    assert to_table(resized(both, 16)) == to_table(large)
    assert single_sources(both) == [digits, digits]
    with pytest.raises(DeclarationError, match="size: data of kind 'ring' are read as they are; leave it out"):
        resized(Combined(environments={"a": digits, "b": Ring(modes=8)}), 16)
