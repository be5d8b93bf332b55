"""Declaration: registries, what `declare` refuses, and attrs classes that are torch modules."""

import copy
import inspect
import pickle
from abc import ABC, abstractmethod

import attrs
import pytest
import torch
from helpers.members import CASES
from torch import nn

import matchzoo.recipes.recipe  # noqa: F401  (imports every family)
from matchzoo import recipes, zoo
from matchzoo.core.declaration.declare import (
    FAMILIES,
    Registry,
    Several,
    as_tuples,
    declare,
    family,
    family_of,
    field_docs,
)
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.declaration.validators import ascending, at_least, between, not_empty, positive
from matchzoo.core.errors import DeclarationError
from matchzoo.data.views import Crop, Noise, Views
from matchzoo.generators import Generator, PyramidImages
from matchzoo.matchers import MMD
from matchzoo.models.networks import MLP
from matchzoo.projectors import Stack
from matchzoo.ratios import KernelMeanMatching
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.composition import Composition
from matchzoo.training.players import Player
from matchzoo.training.trainer import Trainer
from matchzoo.zoo import BackboneCard

CONCRETES = [registry[kind] for registry in FAMILIES.values() for kind in registry.names()]
PLAIN = [Recipe, Player, Trainer, Views, Crop, Noise, BackboneCard]


@pytest.fixture
def shape() -> type:
    """A family of plain classes, gone after the test."""

    @family("shape")
    class Shape(ABC):
        weight: float = attrs.field(default=1.0, validator=positive())
        """How much it counts."""

        @abstractmethod
        def area(self) -> float: ...

    yield Shape
    del FAMILIES[Shape]


@pytest.fixture
def part() -> type:
    """A family of modules, gone after the test."""

    @family("part")
    class Part(nn.Module, ABC):
        def total(self) -> int:
            return sum(p.numel() for p in self.parameters())

    yield Part
    del FAMILIES[Part]


# registries


def test_registry_finds_and_lists() -> None:
    registry: Registry = Registry("fruit")
    registry.register("apple", int)
    registry.register("apricot", float)
    registry.register("pear", str)
    assert registry["apple"] is int
    assert registry.kind_of(str) == "pear"
    assert registry.names() == ["apple", "apricot", "pear"]
    assert registry.names("ap*") == ["apple", "apricot"]
    assert registry.names("plum") == []


@pytest.mark.parametrize(
    ("asked", "hint"), [("aple", "did you mean 'apple'?"), ("zzz", "known: apple, pear"), ("Apple", "'apple'")]
)
def test_registry_names_the_nearest(asked: str, hint: str) -> None:
    registry: Registry = Registry("fruit")
    registry.register("apple", int)
    registry.register("pear", str)
    with pytest.raises(DeclarationError, match=f"kind: unknown fruit '{asked}'") as caught:
        registry[asked]
    assert hint in str(caught.value)


def test_a_clash_of_kinds_is_an_error_and_a_reload_is_none() -> None:
    registry: Registry = Registry("fruit")
    registry.register("apple", int)
    registry.register("apple", int)
    with pytest.raises(TypeError, match=r"fruit kind 'apple' is taken by builtins\.int"):
        registry.register("apple", float)


# what declare refuses


def test_class_without_a_family() -> None:
    with pytest.raises(TypeError, match="Lost belongs to no family"):

        @declare("lost")
        class Lost:
            x: int = 1


@pytest.mark.parametrize("bare", [False, True])
def test_subclass_of_a_concrete(bare: bool) -> None:
    decorate = declare if bare else declare("deeper")
    with pytest.raises(TypeError, match="Deeper derives from the concrete PyramidImages: compose instead"):

        @decorate
        class Deeper(PyramidImages):
            pass

    assert "deeper" not in FAMILIES[Generator].names()


def test_fields_that_several_concretes_share(shape: type) -> None:
    @declare
    class Round(shape):  # area is still abstract
        radius: float = attrs.field(default=2.0, validator=positive())
        """From the center."""

    @declare("circle")
    class Circle(Round):
        def area(self) -> float:
            return 3 * self.radius**2

    assert FAMILIES[shape].names() == ["circle"]
    assert to_table(structure({"kind": "circle", "radius": 3}, shape)) == {"kind": "circle", "weight": 1, "radius": 3}
    assert field_docs(Circle)["radius"] == "From the center."
    with pytest.raises(DeclarationError, match="radius: expected a number above 0"):
        structure({"kind": "circle", "radius": -1}, shape)
    with pytest.raises(TypeError, match="abstract"):
        Round()


def test_member_of_a_family_without_a_kind(shape: type) -> None:
    with pytest.raises(TypeError, match="Square is a shape: say its kind"):

        @declare
        class Square(shape):
            def area(self) -> float:
                return 1.0


@pytest.mark.parametrize("name", ["train", "float", "to", "type", "eval", "training", "_parameters"])
def test_field_that_hides_what_a_module_has(part: type, name: str) -> None:
    body = {"__annotations__": {name: int}, name: 1}
    with pytest.raises(TypeError, match=rf"Bad\.{name}: the name hides nn\.Module\.{name}"):
        declare("bad")(type("Bad", (part,), body))
    assert FAMILIES[part].names() == []


def test_field_called_kind(shape: type) -> None:
    with pytest.raises(TypeError, match=r"Square\.kind: the name is that of the key"):

        @declare("square")
        class Square(shape):
            kind: str = "x"

            def area(self) -> float:
                return 1.0


def test_module_as_default_of_a_module(part: type) -> None:
    with pytest.raises(TypeError, match=r"Shared\.inner: a module as default is shared by all owners"):

        @declare("shared")
        class Shared(part):
            inner: nn.Module = nn.Identity()


def test_module_as_default_of_a_plain_class() -> None:
    with pytest.raises(TypeError, match=r"Shared\.inner: a module as default is shared by all owners"):

        @declare
        class Shared:
            inner: nn.Module = nn.Identity()


def test_abstract_classes_cannot_be_made() -> None:
    for abstract in FAMILIES:
        if abstract.__abstractmethods__:
            with pytest.raises(TypeError, match="abstract"):
                abstract()


# what it makes


def test_declared_classes_are_keyword_only_and_plain_ones_frozen() -> None:
    with pytest.raises(TypeError):
        Crop((0.1, 1.0))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Crop().inside = False


def test_family_of(shape: type) -> None:
    @declare("square")
    class Square(shape):
        def area(self) -> float:
            return 1.0

    assert family_of(Square) is shape
    assert family_of(shape) is shape
    assert family_of(Trainer) is None
    assert to_table(structure("square", shape)) == {"kind": "square", "weight": 1.0}


@pytest.fixture
def holder(part: type) -> nn.Module:
    """A declared module that holds modules in a field, a tuple and a dict, and a parameter."""

    @declare("leaf")
    class Leaf(part):
        width: int = 2
        """Of the layer."""

        def __attrs_post_init__(self) -> None:
            self.layer = nn.Linear(self.width, 1)

    @declare("holder")
    class Holder(part):
        one: part
        """A part."""
        some: tuple[part, ...] = ()
        """More parts."""
        named: dict[str, part] = attrs.Factory(dict)
        """Parts with names."""

        def __attrs_post_init__(self) -> None:
            self.scale = nn.Parameter(torch.ones(3))

    return Holder(one=Leaf(), some=(Leaf(width=3), Leaf(width=4)), named={"last": Leaf(width=5)})


def test_modules_register_parameters_and_parts(holder: nn.Module) -> None:
    assert set(holder.state_dict()) == {
        "scale",
        *(f"{p}.layer.{t}" for p in ("one", "some_0", "some_1", "named_last") for t in ("weight", "bias")),
    }
    assert holder.total() == 3 + 3 + 4 + 5 + 6
    assert holder.some[0].layer.weight is dict(holder.named_parameters())["some_0.layer.weight"]


def test_modules_move_and_copy_with_what_they_hold(holder: nn.Module) -> None:
    holder.double()
    assert holder.some[1].layer.weight.dtype == torch.float64
    twin = copy.deepcopy(holder)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(1)
    assert not torch.equal(twin.one.layer.weight, holder.one.layer.weight)
    holder.load_state_dict(twin.state_dict())
    assert torch.equal(twin.one.layer.weight, holder.one.layer.weight)
    assert twin.some[0] is dict(twin.named_modules())["some_0"]


def test_built_composition_can_be_copied(ring_recipe: Recipe) -> None:
    parts: Composition = ring_recipe.build()
    twin = copy.deepcopy(parts.generator)
    assert twin.state_dict().keys() == parts.generator.state_dict().keys()
    assert all(a is not b for a, b in zip(twin.parameters(), parts.generator.parameters(), strict=True))


# docs


def test_field_docs_are_found_also_of_abstract_classes(shape: type) -> None:
    @declare("square")
    class Square(shape):
        side: float = 1.0
        """Of
        the square."""
        silent: int = 0

        def area(self) -> float:
            """Not the doc of a field."""
            return self.side

    assert field_docs(Square) == {"weight": "How much it counts.", "side": "Of the square."}


def test_every_family_has_members() -> None:
    assert [FAMILIES[abstract].noun for abstract in FAMILIES if not FAMILIES[abstract].names()] == []


@pytest.mark.parametrize("cls", [*CONCRETES, *PLAIN], ids=lambda cls: cls.__name__)
def test_every_declared_class_is_documented(cls: type) -> None:
    assert cls.__doc__
    fields = attrs.fields(cls)
    assert [field.name for field in fields if not field_docs(cls).get(field.name)] == []
    optional = [field for field in fields if "None" in str(field.type)]
    assert [field.name for field in optional if field.default is not None] == []


# lists where a tuple is declared


def listed(value: object) -> object:
    """The same with lists for tuples, at any depth."""
    if isinstance(value, dict):
        return {key: listed(inner) for key, inner in value.items()}
    return [listed(inner) for inner in value] if isinstance(value, tuple) else value


def declared_in(value: object) -> list:
    """Every declared object in another, itself too."""
    if isinstance(value, dict):
        return [part for inner in value.values() for part in declared_in(inner)]
    if isinstance(value, tuple):
        return [part for inner in value for part in declared_in(inner)]
    if not attrs.has(type(value)):
        return []
    return [value, *(part for field in attrs.fields(type(value)) for part in declared_in(getattr(value, field.name)))]


def members() -> list:
    """One of every class of a family, and all that shipped recipes and cards declare."""
    made = []
    for abstract, registry in FAMILIES.items():
        for kind in set(CASES.get(registry.noun, {})) & set(registry.names()):
            table = CASES[registry.noun][kind][0]
            made.append(structure({"kind": kind, **(table if isinstance(table, dict) else {})}, abstract))
    made += [recipes.load(name) for name in recipes.names()]
    return made + [zoo.load(name) for name in zoo.names()]


def test_every_declared_class_takes_lists_for_tuples() -> None:
    seen = set()
    for member in (part for made in members() for part in declared_in(made)):
        fields = {field.name: getattr(member, field.name) for field in attrs.fields(type(member))}
        twin = type(member)(**{name: listed(value) for name, value in fields.items()})
        assert to_table(twin) == to_table(member)
        assert {name: type(getattr(twin, name)) for name in fields} == {k: type(v) for k, v in fields.items()}
        seen |= {(type(member), name) for name, value in fields.items() if isinstance(value, tuple)}
    classes = {cls for cls, _ in seen}
    assert {MMD, KernelMeanMatching, Recipe, Player, BackboneCard, MLP, Stack} <= classes


@pytest.mark.parametrize(
    ("given", "target", "expected"),
    [
        ([1.0, 2.0], tuple[float, ...], (1.0, 2.0)),
        ([], tuple[float, ...], ()),
        ([["a", "b"], "c"], tuple[tuple[str, ...] | str, ...], (("a", "b"), "c")),
        ([["a", "b"]], tuple[tuple[str, str], ...] | None, (("a", "b"),)),
        (None, tuple[float, ...] | None, None),
        ("environments", tuple[str, ...] | str | None, "environments"),
        ({"a": [1]}, dict[str, tuple[int, ...]], {"a": (1,)}),
        ({"a": 1}, dict[str, int] | tuple[int, ...], {"a": 1}),
        (0.5, float | tuple[float, float], 0.5),
        ([1, 2], int, [1, 2]),
        ([1.0], Several[float], (1.0,)),
    ],
)
def test_lists_become_tuples(given: object, target: object, expected: object) -> None:
    assert as_tuples(given, target) == expected
    assert type(as_tuples(given, target)) is type(expected)


def test_a_tuple_stays_what_it_is() -> None:
    size = torch.zeros(2, 3).shape
    assert as_tuples(size, tuple[int, ...]) is size


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bandwidths": "median"}, "bandwidths: expected a list, got 'median'"),
        ({"bandwidths": 1.0}, "bandwidths: expected a list, got 1.0"),
        ({"bandwidths": ["medain"]}, "bandwidths: expected a number above 0, 'median', 'rms' or"),
        ({"bandwidths": [-1]}, "bandwidths: expected a number above 0, got -1"),
        ({"bandwidths": []}, "bandwidths: expected at least one entry"),
    ],
)
def test_text_is_not_taken_apart_and_validators_see_tuples(fields: dict, message: str) -> None:
    for cls in (MMD, KernelMeanMatching):
        with pytest.raises(DeclarationError) as error:
            cls(**fields)
        assert str(error.value).startswith(message)


def test_a_list_of_another_length_is_refused() -> None:
    with pytest.raises(DeclarationError, match="scale: expected 2 values, got 3"):
        Crop(scale=[0.1, 0.5, 1.0])


def test_a_converter_of_its_own_stays() -> None:
    @declare
    class Sorted:
        values: tuple[int, ...] = attrs.field(converter=lambda values: tuple(sorted(values)))

    assert Sorted(values=[3, 1]).values == (1, 3)


def test_signatures_show_the_types() -> None:
    assert inspect.signature(KernelMeanMatching).parameters["bandwidths"].annotation == tuple[float | str, ...]


# validators


@pytest.mark.parametrize(
    ("validator", "good", "bad", "message"),
    [
        (positive(), (1, 0.5, None, (1, 2.0)), (0, -1, (1, 0)), "expected a number above 0"),
        (at_least(2), (2, 3.5, None), (1, 1.99, (3, 1)), "expected at least 2"),
        (between(0, 1), (0, 1, 0.5, None), (-0.1, 1.1), "expected a number between 0 and 1"),
        (between(0, 1, open_high=True), (0, 0.99), (1, -0.1), "expected a number from 0 up to, but not, 1"),
        (positive(), (), (True, "3", [1]), "expected a number, got"),
        (not_empty(), ((1,), "a", {"a": 1}, None), ((), "", {}), "expected at least one entry"),
        (ascending(), ((1, 2), (1, 1), None), ((2, 1),), r"expected \[low, high\], got \[2, 1\]"),
    ],
)
def test_validators(validator: object, good: tuple, bad: tuple, message: str) -> None:
    made = attrs.make_class("Made", {"x": attrs.field(validator=validator)})
    for value in good:
        made(value)
    for value in bad:
        with pytest.raises(DeclarationError, match=f"x: {message}"):
            made(value)


def test_errors_survive_a_process_boundary() -> None:
    error = DeclarationError([("a.b", "expected int"), ("", "whole")])
    twin = pickle.loads(pickle.dumps(error))
    assert (twin.problems, str(twin)) == (error.problems, str(error))
    assert str(error.under("top[0]")) == "top[0].a.b: expected int\ntop[0]: whole"
    assert isinstance(error, ValueError)
