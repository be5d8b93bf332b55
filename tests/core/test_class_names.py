import random

import pytest

from matchzoo.core.class_names import sort_names


@pytest.mark.parametrize(
    "expected",
    [
        [str(i) for i in range(12)],
        [f"{i:03}" for i in range(12)],
        ["0", "01", "1", "2", "10"],  # the same number twice: as text
        ["-10", "-1", "0", "2"],
        ["0.0", "1.0", "2.0", "10.0"],  # of a column that was floating-point
        ["1.10", "1.5", "2"],
        [f"class_{i}" for i in range(12)],
        ["0_cat", "1_dog", "9_ant", "10_fox"],
        ["v1.9", "v1.10", "v2.0"],
        ["10", "9", "cat"],  # not all are numbers
        ["a10", "a9", "b1"],  # the letters differ
        ["a", "a10", "a9"],
        ["Zebra", "ant", "bee"],
        ["98", "9" * 30],
        ["٩", "١٠"],  # digits of any script
        ["", "1"],
    ],
)
def test_names_sort_as_numbers_where_all_have_one_at_the_same_place(expected: list[str]) -> None:
    shuffled = 2 * expected
    random.Random(0).shuffle(shuffled)
    assert sort_names(shuffled) == tuple(expected)
