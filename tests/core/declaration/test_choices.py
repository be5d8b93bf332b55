"""Choices: one rule for tables, constructors and functions."""

import pickle
from collections.abc import Sequence
from typing import Literal

import attrs
import pytest
import torch

from matchzoo.core.declaration.choices import check, checked, checked_fields, has_choices
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.matchers import MMD, critic_loss, mmd2
from matchzoo.ratios import Classifier, KernelMeanMatching

Color = Literal["red", "dark-green"]


@declare
class Painted:
    color: Color = "red"
    maybe: Color | None = None
    many: tuple[Color, ...] = ()
    depth: Literal[18, 34] = 18
    size: int | Literal["auto"] = "auto"
    sets: tuple[str, ...] | Literal["all"] | None = None
    positive: Literal[1, 2] = attrs.field(default=1, validator=lambda *_: None)


WRONG = [
    ("color", "gren", "color: expected one of 'red', 'dark-green', got 'gren'"),
    ("color", "dark_green", "color: expected one of 'red', 'dark-green', got 'dark_green'; did you mean 'dark-green'?"),
    ("color", "RED", "color: expected one of 'red', 'dark-green', got 'RED'; did you mean 'red'?"),
    ("color", 3, "color: expected one of 'red', 'dark-green', got 3"),
    ("maybe", "rad", "maybe: expected one of 'red', 'dark-green', got 'rad'; did you mean 'red'?"),
    ("many", ["red", "blue", 7], "many[1]: expected one of 'red', 'dark-green', got 'blue'\nmany[2]: expected one of"),
    ("many", "red", "many: expected a list, got 'red'"),
    ("depth", 50, "depth: expected one of 18, 34, got 50"),
    ("depth", 18.0, "depth: expected one of 18, 34, got 18.0"),
    ("positive", True, "positive: expected one of 1, 2, got True"),
    ("size", "aut", "size: expected int or auto, got 'aut'; did you mean 'auto'?"),
    ("sets", "alle", "sets: expected list of str or all, got 'alle'; did you mean 'all'?"),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG)
def test_a_constructor_refuses_as_a_table_does(field: str, value: object, message: str) -> None:
    for make in (lambda: Painted(**{field: value}), lambda: structure({field: value}, Painted)):
        with pytest.raises(DeclarationError) as caught:
            make()
        assert str(caught.value).startswith(message)


def test_what_is_right_is_taken() -> None:
    Painted(color="dark-green", maybe=None, many=["red"], depth=34, size=3, sets=["a", "b"])
    Painted(size="auto", sets="all", many=())
    assert attrs.evolve(Painted(), color="dark-green").color == "dark-green"
    with pytest.raises(DeclarationError, match="color"):
        attrs.evolve(Painted(), color="blue")


def test_sequences_of_choices() -> None:
    check(["red", "dark-green"], Sequence[Color])
    check("anything", int | str)
    with pytest.raises(DeclarationError, match=r"\[0\]: expected one of"):
        check(["rot"], Sequence[Color])
    assert has_choices(tuple[Color, ...] | None)
    assert not has_choices(tuple[str, ...])


def paint(n: int, color: Color = "red", *, under: Color | None = None) -> str:
    """Paint."""
    return f"{n} {color} {under}"


def test_functions() -> None:
    painted = checked(paint)
    assert painted(1) == "1 red None"
    assert painted(1, "dark-green", under="red") == "1 dark-green red"
    assert painted(1, color="dark-green") == "1 dark-green None"
    for call in (lambda: painted(1, "green"), lambda: painted(1, color="green"), lambda: painted(None, "green")):
        with pytest.raises(DeclarationError, match=r"^color: expected one of 'red', 'dark-green', got 'green'"):
            call()
    with pytest.raises(DeclarationError, match=r"^under: "):
        painted(1, under="roof")
    assert (painted.__name__, painted.__doc__) == ("paint", "Paint.")
    assert pickle.loads(pickle.dumps(mmd2)) is mmd2
    with pytest.raises(TypeError, match="no parameter"):
        checked(len)


def test_plain_attrs_classes() -> None:
    @attrs.frozen(field_transformer=checked_fields)
    class Plain:
        color: Color = "red"

    @attrs.frozen(field_transformer=checked_fields)
    class Under(Plain):
        size: int = 1

    for cls in (Plain, Under):
        with pytest.raises(DeclarationError, match=r"^color: expected one of"):
            cls(color="blue")


POINTS = torch.tensor([[0.0], [1.0], [3.0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: KernelMeanMatching(constraint="nonnegative"), "constraint: .*; did you mean 'non-negative'"),
        (lambda: Classifier(features="random_fourier"), "features: .*; did you mean 'random-fourier'"),
        (lambda: mmd2(POINTS, POINTS, [1.0], "Biased"), "estimator: .*; did you mean 'biased'"),
        (lambda: critic_loss(POINTS, POINTS, "lsgan"), "loss: .*'least-squares', 'hinge', 'wasserstein', got 'lsgan'$"),
        (lambda: MMD(bandwidths=[1.0], sets="enviroments"), "sets: .*; did you mean 'environments'"),
    ],
)
def test_what_was_silently_taken(call, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^{message}"):
        call()
