"""Groups as splits of their own."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError
from matchzoo.data import Loaded, Split
from matchzoo.data.domains.held_out import check_groups, held_out, split_name

GROUPS = ("Real World", "b", "c")


def loaded() -> Loaded:
    def split(n: int, groups: int) -> Split:
        rows = torch.arange(n)
        return Split(rows[:, None].float(), rows % 2, rows % groups)

    return Loaded(split(9, 3), split(4, 2), ("x", "y"), GROUPS)


def test_groups_become_splits_and_the_others_are_renumbered() -> None:
    made = held_out(loaded(), ["Real World"], ["Real World"])
    assert made.group_names == ("b", "c")
    assert (made.train.values[:, 0].tolist(), made.train.group.tolist()) == ([1, 2, 4, 5, 7, 8], [0, 1] * 3)
    assert made.test.values[:, 0].tolist() == [1, 3]
    assert made.others.keys() == {"Real-World", "Real-World-test"}
    target, test = made.others["Real-World"], made.others["Real-World-test"]
    assert (target.values[:, 0].tolist(), target.labels, target.group) == ([0, 3, 6], None, None)
    assert (test.values[:, 0].tolist(), test.labels.tolist()) == ([0, 2], [0, 0])


def test_a_group_may_lack_a_test_part_and_none_may_be_held_out() -> None:
    assert held_out(loaded(), ["c", "b"]).others.keys() == {"c", "b", "b-test"}
    same = loaded()
    assert held_out(same, []) is same
    assert split_name("site 3 (old)") == "site-3-old"


@pytest.mark.parametrize(
    ("groups", "others", "unlabeled", "message"),
    [
        ((), ["a"], [], "others: the data have no groups of which some could be held out"),
        (GROUPS, ["d"], [], "others: there is no group 'd'; the groups are Real World, b, c"),
        ((*"abcdefghi", "zebra"), ["zebr"], [], "others: there is no group 'zebr'; did you mean 'zebra'"),
        (GROUPS, ["b", "b"], [], "others: the name 'b' is taken by another split"),
        (("test", "b"), ["test"], [], "others: the name 'test' is taken by another split; rename that group"),
        (("a b", "a_b", "a-b", "c"), ["a b", "a-b"], [], "others: the name 'a-b' is taken"),
        (GROUPS, ["b"], ["c"], "unlabeled: 'c' is not one of the others: b"),
        (GROUPS, [], ["c"], "unlabeled: 'c' is not one of the others: none"),
        (GROUPS, list(GROUPS), [], "others: no group is left for training"),
    ],
)
def test_refused(groups, others, unlabeled, message) -> None:
    with pytest.raises(DeclarationError, match=message):
        check_groups(groups, others, unlabeled)


def test_nothing_to_train_on() -> None:
    rows = torch.arange(4)
    odd = Loaded(Split(rows[:, None].float(), rows % 2, rows * 0), None, ("x", "y"), ("a", "b"))
    with pytest.raises(DeclarationError, match="no training sample is left"):
        held_out(odd, ["a"])
