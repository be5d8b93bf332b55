"""Declaring: the constructor is the config.

``@family("generator")`` marks an abstract class whose concretes are chosen by ``kind``; ``@declare("pyramid")``
registers a concrete under that kind; ``@declare`` alone makes a plain table or, on an abstract class of a family, the
fields that several of its concretes share. All of them turn the class into a keyword-only `attrs` class, and make
`attrs` agree with `torch.nn.Module` where the class is one. What a class needs at run time is made by its ``build``,
never by its constructor.
"""

import ast
import functools
import inspect
import itertools
import sys
import textwrap
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Generic, TypeVar, dataclass_transform, overload

import attrs

from matchzoo.core.declaration.choices import checked_fields
from matchzoo.core.declaration.renamed import hint_of_kind
from matchzoo.core.errors import DeclarationError, did_you_mean

T = TypeVar("T")
C = TypeVar("C", bound=type)

if TYPE_CHECKING:
    Several = Sequence[T]
else:
    Several = tuple[T, ...]
"""The type of a field of some values, such as ``Several[float]``: type checkers let callers give a list or a tuple, and
the field holds a tuple. Fields that are declared as tuples take lists at run time too."""


class Registry(Generic[T]):
    """The concretes of one family, by kind.

    Args:
        noun: what messages call a member of the family, such as ``generator``.
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._classes: dict[str, type[T]] = {}

    def register(self, kind: str, cls: type[T]) -> None:
        """Add a concrete; a kind that is taken by another class is an error."""
        taken = self._classes.get(kind)
        if taken is not None and (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{self.noun} kind '{kind}' is taken by {taken.__module__}.{taken.__qualname__}")
        self._classes[kind] = cls

    def __getitem__(self, kind: str) -> type[T]:
        """The class of a kind; a `DeclarationError` with the nearest name if there is none."""
        if kind not in self._classes:
            for registry in FAMILIES.values():  # a stand-in knows only what is shipped, not what a program declares
                if registry.noun == self.noun and kind in registry._classes:
                    declared: type[T] = registry._classes[kind]
                    return declared
            raise self.unknown(kind)
        return self._classes[kind]

    def unknown(self, kind: str) -> DeclarationError:
        """That there is no such kind, with the nearest name."""
        hint = hint_of_kind(self.noun, kind) or did_you_mean(kind, self.names())
        return DeclarationError([("kind", f"unknown {self.noun} '{kind}'{hint}")])

    def kind_of(self, cls: type) -> str:
        """The kind under which a class is registered."""
        return next(kind for kind, known in self._classes.items() if known is cls)

    def names(self, pattern: str = "*") -> list[str]:
        """Registered kinds that match a shell pattern, sorted."""
        return sorted(kind for kind in self.kinds() if fnmatchcase(kind, pattern))

    def kinds(self) -> Iterable[str]:
        """Registered kinds."""
        return self._classes


FAMILIES: dict[type, Registry[Any]] = {}
"""Every abstract class with its registry."""
OUTLINES: dict[type, Registry[Any]] = {}
"""The same of stand-ins, which `matchzoo.core.declaration.outline` makes of a schema; nobody lists these."""


def registry_of(cls: Any) -> Registry[Any] | None:
    """The registry of an abstract class, or of what stands in for one; None for any other type."""
    return (FAMILIES.get(cls) or OUTLINES.get(cls)) if isinstance(cls, type) else None


def family_of(cls: type) -> type | None:
    """The abstract class whose registry a concrete belongs to (or the class itself); None for plain tables."""
    return next((base for base in cls.__mro__ if registry_of(base) is not None), None)


@dataclass_transform(kw_only_default=True, field_specifiers=(attrs.field,))
def family(noun: str) -> Callable[[C], C]:
    """Mark an abstract class as a family whose concretes are chosen by ``kind``."""

    def mark(cls: C) -> C:
        defined = _define(cls)
        FAMILIES[defined] = Registry(noun)
        return defined

    return mark


@overload
def declare(kind: str) -> Callable[[C], C]: ...
@overload
def declare(kind: C) -> C: ...
@dataclass_transform(kw_only_default=True, field_specifiers=(attrs.field,))
def declare(kind: Any) -> Any:
    """Declare a concrete of a family (``@declare("pyramid")``), or a plain table or shared fields (``@declare``).

    Raises:
        TypeError: a field hides a method of `torch.nn.Module` or defaults to a module (shared by all owners: use
            `attrs.Factory`), the kind is taken or missing, or the class derives from another concrete.
    """
    if isinstance(kind, type):
        _refuse_concrete_base(kind)
        abstract = family_of(kind)
        if abstract is not None and not inspect.isabstract(kind):
            raise TypeError(f'{kind.__name__} is a {FAMILIES[abstract].noun}: say its kind, @declare("…")')
        return _define(kind)

    def register(cls: type) -> type:
        _refuse_concrete_base(cls)
        abstract = family_of(cls)
        if abstract is None:
            raise TypeError(f"{cls.__name__} belongs to no family: derive it from one, or use a bare @declare")
        defined = _define(cls)
        FAMILIES[abstract].register(kind, defined)
        return defined

    return register


def _refuse_concrete_base(cls: type) -> None:
    bases = (base for base in cls.__mro__[1:] if attrs.has(base) and base not in FAMILIES)
    concrete = next((base for base in bases if not inspect.isabstract(base)), None)
    if concrete is not None:
        raise TypeError(f"{cls.__name__} derives from the concrete {concrete.__name__}: compose instead")


def _define(cls: Any) -> Any:
    """Make a keyword-only attrs class: frozen, or registering what it holds where it is an nn.Module."""
    torch_nn = sys.modules.get("torch.nn")
    module = torch_nn.Module if torch_nn is not None else None
    if module is None or not issubclass(cls, module):
        defined = attrs.frozen(kw_only=True, eq=False, field_transformer=_transformed)(cls)
    else:
        # attrs' own __setattr__ would hide parameters and sub-modules from nn.Module: no registration, no error.
        if "__attrs_pre_init__" not in vars(cls):
            cls.__attrs_pre_init__ = lambda self: module.__init__(self)
        cls.__attrs_post_init__ = _registering(cls.__dict__.get("__attrs_post_init__"), module)
        defined = attrs.define(
            eq=False, slots=False, kw_only=True, on_setattr=attrs.setters.NO_OP, field_transformer=_transformed
        )(cls)
    for field in attrs.fields(defined):
        if field.name == "kind":
            raise TypeError(f"{cls.__name__}.kind: the name is that of the key that chooses a class")
        if module is not None and isinstance(field.default, module):
            raise TypeError(f"{cls.__name__}.{field.name}: a module as default is shared by all owners: attrs.Factory")
        if module is not None and issubclass(cls, module) and hasattr(module(), field.name):
            raise TypeError(f"{cls.__name__}.{field.name}: the name hides nn.Module.{field.name}")
    return attrs.resolve_types(defined)


def _transformed(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    """The fields of a class: those that hold tuples take lists, those that are choices refuse all else."""
    return checked_fields(cls, _taking_lists(cls, fields))


def _taking_lists(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    """The fields of a class, those that hold tuples with a converter that takes lists."""
    declared = typing.get_type_hints(cls)

    def taking(field: "attrs.Attribute[Any]") -> "attrs.Attribute[Any]":
        target = declared.get(field.name)
        if field.converter is not None or not _holds_tuples(target):
            return field
        return field.evolve(converter=_converter(field.name, target))

    return [taking(field) for field in fields]


def _holds_tuples(target: Any) -> bool:
    return typing.get_origin(target) is tuple or any(map(_holds_tuples, typing.get_args(target)))


def _converter(name: str, target: Any) -> Callable[[Any], Any]:
    """`as_tuples` for one field, which its errors name."""

    def convert(value: Any) -> Any:
        try:
            return as_tuples(value, target)
        except DeclarationError as error:
            raise error.under(name) from None

    convert.__annotations__ = {"value": target, "return": target}  # attrs shows the former in the signature
    return convert


def as_tuples(value: Any, target: Any) -> Any:
    """A value with its lists as the tuples that a type declares, at any depth; all else stays as it is.

    Args:
        value: of a field.
        target: its type, resolved.

    Raises:
        DeclarationError: something that is no list where only a tuple will do (text is not taken apart into letters),
            or a list of another length than the type says.
    """
    origin, arguments = typing.get_origin(target), typing.get_args(target)
    if origin in (typing.Union, types.UnionType):
        return _as_tuples_of_union(value, arguments)
    if origin is dict and isinstance(value, dict):
        return {key: as_tuples(inner, arguments[1]) for key, inner in value.items()}
    if origin is not tuple:
        return value

    if not isinstance(value, list | tuple):
        raise DeclarationError([("", f"expected a list, got {value!r}")])
    if arguments[-1] is not Ellipsis and len(value) != len(arguments):
        raise DeclarationError([("", f"expected {len(arguments)} values, got {len(value)}")])

    inner_types = itertools.repeat(arguments[0]) if arguments[-1] is Ellipsis else arguments
    converted = [as_tuples(inner, inner_type) for inner, inner_type in zip(value, inner_types, strict=False)]
    same = isinstance(value, tuple) and all(a is b for a, b in zip(value, converted, strict=True))
    return value if same else tuple(converted)


def _as_tuples_of_union(value: Any, options: tuple[Any, ...]) -> Any:
    """By the option that holds lists where the value is one; else as it is, unless a tuple is all there may be."""
    others = [option for option in options if typing.get_origin(option) is not tuple and option is not types.NoneType]
    if value is None or (others and not isinstance(value, list | tuple | dict)):
        return value
    expected = dict if isinstance(value, dict) else tuple
    option = next((option for option in options if typing.get_origin(option) is expected), None)
    if option is None and not others:
        option = next(option for option in options if option is not types.NoneType)
    return value if option is None else as_tuples(value, option)


def _registering(check: Callable[[Any], None] | None, module: type) -> Callable[[Any], None]:
    """A post-init that registers the modules of tuple and dict fields, then runs the class's own check."""

    def post_init(self: Any) -> None:
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else ()
            for key, part in held:
                if isinstance(part, module):
                    self.add_module(f"{field.name}_{key}", part)
        if check is not None:
            check(self)

    return post_init


@functools.cache
def field_docs(cls: type) -> dict[str, str]:
    """The string literal under each field of a class and of the abstract classes above it."""
    docs: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if not attrs.has(base):
            continue
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        except (OSError, TypeError):
            continue
        body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
        for field, text in itertools.pairwise(body):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            ):
                docs[field.target.id] = " ".join(text.value.value.split())
    return docs
