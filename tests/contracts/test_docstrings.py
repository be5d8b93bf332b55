"""The public surface is documented: a docstring on everything, and shapes wherever tensors go in or come out."""

import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import attrs
import pytest
import torch

import matchzoo
from matchzoo.core.samples import Samples

TENSOR = re.compile(r"\bTensor\b")
STATES = re.compile(r"(dict|Mapping)\[str, (torch\.)?Tensor\]")
"""Tensors by name, such as those of a checkpoint, are of any shape."""
SHAPE = re.compile(r"\[[^\[\]\n]*\]|\bscalar|\b0-dimensional")
"""``[n, d]``, or that there are no dimensions."""


def modules() -> list[ModuleType]:
    found = [matchzoo]
    for info in pkgutil.walk_packages(matchzoo.__path__, "matchzoo."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            found.append(importlib.import_module(info.name))
    return found


def members(cls: type) -> Iterator[tuple[str, Any, Any]]:
    """Public methods and properties that a class itself defines: name, the object, and the function behind it."""
    for name, member in vars(cls).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield name, member, member.fget
        elif isinstance(member, classmethod | staticmethod):
            yield name, member.__func__, member.__func__
        elif inspect.isfunction(member):
            yield name, member, member


def public() -> list[tuple[str, Any, Any, str]]:
    """Name, object, function behind it (None of a class) and what else documents it, of all that is public."""
    found = []
    for module in modules():
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            path = f"{module.__name__}.{name}"
            if inspect.isfunction(value):
                found.append((path, value, value, ""))
            elif inspect.isclass(value):
                found.append((path, value, None, ""))
                found += [(f"{path}.{k}", v, f, inherited(value, k)) for k, v, f in members(value)]
    return found


def inherited(cls: type, name: str) -> str:
    """What the classes above say of a method."""
    return "\n".join(getattr(vars(base).get(name), "__doc__", None) or "" for base in cls.__mro__[1:])


PUBLIC = public()


def mentions_tensors(function: Any) -> bool:
    """Whether a signature has torch's tensors, by themselves or in a container."""
    return any(TENSOR.search(text_of(annotation)) for annotation in getattr(function, "__annotations__", {}).values())


def text_of(annotation: Any) -> str:
    """An annotation as it is written, without tensors by name."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    text = str(annotation) if typing.get_args(annotation) else text
    return STATES.sub("", text)


def test_there_is_much_to_look_at():
    assert len(PUBLIC) > 700
    assert sum(mentions_tensors(function) for _, _, function, _ in PUBLIC) > 150


def test_every_public_module_has_a_docstring():
    assert [module.__name__ for module in modules() if not (module.__doc__ or "").strip()] == []


def test_everything_public_has_a_docstring():
    assert [path for path, value, _, _ in PUBLIC if not (getattr(value, "__doc__", None) or "").strip()] == []


def test_tensors_have_shapes():
    """In the docstring of the function, or of the method that it implements."""
    bare = []
    for path, value, function, above in PUBLIC:
        said = f"{value.__doc__ or ''}\n{above}"
        if mentions_tensors(function) and not SHAPE.search(said):
            bare.append(path)
    assert bare == []


def test_tensor_fields_have_shapes():
    bare = []
    for path, value, function, _ in PUBLIC:
        if function is None and attrs.has(value):
            fields = [field for field in attrs.fields(value) if not field.name.startswith("_")]
            tensors = [field.name for field in fields if TENSOR.search(text_of(field.type))]
            about = inspect.getdoc(value) or ""
            for name in tensors:
                entry = rf"^\s*(?:\w+, )*{name}(?:, \w+)*: (.*?)(?=^\s*\w+(?:, \w+)*: |\Z)"
                said = re.search(entry, about, re.M | re.S)
                if said is None or not SHAPE.search(said[1]):
                    bare.append(f"{path}.{name}")
    assert bare == []


@pytest.mark.parametrize("cls", [Samples])
def test_the_check_sees_what_it_is_for(cls):
    def bare(x: "torch.Tensor | None") -> None: ...

    def state() -> dict[str, torch.Tensor]: ...

    assert mentions_tensors(bare)
    assert not mentions_tensors(state)
    assert mentions_tensors(cls.with_values)
    assert not SHAPE.search("Values of it.")
    assert SHAPE.search("Values [n, d].")
