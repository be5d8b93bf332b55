"""The commands of ``matchzoo``: what each is for, where its function is, and the options that the function has."""

import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import tyro

from matchzoo.core.declaration.declare import field_docs

USAGE = """matchzoo: match one set of samples to another.

It distills data sets into a few images over frozen backbones, trains generators by ratios and discrepancies of
densities, and estimates such ratios. A recipe, a file of TOML, says what is matched to what, in which space, who moves.

  matchzoo list [PATTERN]        recipes, backbones, data sets, distilled sets, and what they still need here
  matchzoo show NAME             a recipe or card, as it is written; or what there is of a method
  matchzoo copy NAME FILE        a recipe to edit: then matchzoo run FILE; or a card
  matchzoo check FILE…           recipes: all that is wrong with them, or that nothing is
  matchzoo plan NAME_OR_FILE     memory, operations and time that a run would take here, and what changes them
  matchzoo run NAME_OR_FILE      train, evaluate, write pictures and a page; resumes what is there
  matchzoo sweep NAME_OR_FILE    a recipe with several values of some fields: one table, the best by validation
  matchzoo evaluate SET…         one table of runs, distilled sets and folders of images on several backbones
  matchzoo report RUN…           one table and picture of any number of runs
  matchzoo ratio P Q             the ratio of the densities of two tables (CSV, npy), with diagnostics
  matchzoo transport S T         the plan that moves a table to another at least cost, its map and what it costs
  matchzoo adapt S T --label Y   classes of a table without labels, by one with labels from elsewhere
  matchzoo sample RUN            samples of a trained generator: rows to CSV, parquet or npy, images to PNG or npz
  matchzoo merge MODEL…          one model of several that were trained apart from one start
  matchzoo push SET USER/NAME    publish a distilled set, or a part of a run, on the Hugging Face Hub
  matchzoo pull USER/NAME        fetch a set or a model, check it and keep it in a folder
  matchzoo doctor                what is installed here and what is missing; weights, fetched and verified
  matchzoo schema                the JSON Schema of recipes, for editors
  matchzoo completion SHELL      a script by which bash, zsh or fish complete commands and names

A first run:      matchzoo run lgm/quickstart
One of your own:  matchzoo copy gram/ring-2d mine.toml, then matchzoo run mine.toml --trainer.steps 500
Side by side:     matchzoo report runs/lgm/quickstart runs/mine

matchzoo help COMMAND says more; --json, where a command has it, prints its result for programs.
"""
COMMANDS = {
    "list": "catalogue:list_",
    "show": "catalogue:show",
    "copy": "catalogue:copy",
    "check": "check:check",
    "plan": "plan:plan",
    "run": "run:run",
    "sweep": "sweep:sweep",
    "evaluate": "compare:evaluate",
    "report": "compare:report",
    "ratio": "tables.ratio:ratio",
    "transport": "tables.transport:transport",
    "adapt": "tables.adapt:adapt",
    "sample": "sample:sample",
    "merge": "merge:merge",
    "push": "publish:push",
    "pull": "publish:pull",
    "doctor": "doctor:doctor",
    "schema": "check:schema",
    "completion": "completion:completion",
}
"""The module of this folder and the function of every command, in the order of `USAGE`."""
OVERRIDES = "overrides"
"""The argument of a command that takes the dotted fields of a recipe, which are no options of its own."""

ALIASES = {"output": "-o", "quiet": "-q", "license": "--licence"}
"""Other names of options, in every command that has them."""
METAVARS = {
    "backbone": "CARD …", "from_scratch": "NETWORK …", "training": "TABLE", "evaluation": "TABLE …", "data": "CARD",
    "protocol": "PROTOCOL …", "baselines": "BASELINE …", "views": "TABLE", "inherit": "CARD", "device": "DEVICE",
    "class_names": "FILE", "fetch": "CARD", "verify": "CARD", "card": "FILE", "method": "METHOD", "label": "COLUMN",
    "license": "SPDX", "message": "TEXT", "model": "PART", "part": "PART", "by": "FIGURE", "start": "MODEL",
    "weights": "NUMBER …", "range": "BLACK WHITE", "mean": "NUMBER …", "std": "NUMBER …", "delimiter": "CHARACTER",
    "slurm": "KEY=VALUE …", "drop": "COLUMN", "clear": "WHAT", "config": "NAME", "image_column": "NAME",
    "label_column": "NAME",
}  # fmt: skip
"""What help calls the values of options, where their type says too little."""
OF_TYPES = {int: "N", float: "NUMBER", str: "TEXT", Path: "PATH"}
SILENT = (None, False, "", ())
"""Defaults that help leaves out: the option is not given then."""

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
Name = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]


def function_of(command: str) -> Callable[..., None]:
    """The function of a command."""
    module, _, name = COMMANDS[command].partition(":")
    function: Callable[..., None] = getattr(importlib.import_module(f"matchzoo.cli.{module}"), name)
    return function


def presented(command: str) -> Callable[..., None]:
    """The function of a command as its help shows it: other names of options, and what their values are called.

    The fields of a table of options, such as how files are read, are options like the others.
    """
    function = function_of(command)
    hints = typing.get_type_hints(function, include_extras=True)
    shown: list[inspect.Parameter] = []
    tables: dict[str, type] = {}
    for parameter in inspect.signature(function).parameters.values():
        hint, plain = hints[parameter.name], _plain(hints[parameter.name])
        if attrs.has(plain):
            tables[parameter.name] = plain
            shown += _of_fields(plain, hint)
        elif "Positional" in str(hint) or "Suppress" in str(hint):
            shown.append(parameter.replace(annotation=hint))
        else:
            shown.append(parameter.replace(annotation=_shown(parameter.name, hint, parameter.default)))

    def call(*args: Any, **kwargs: Any) -> None:
        for name, cls in tables.items():
            kwargs[name] = cls(**{field.name: kwargs.pop(field.name) for field in attrs.fields(cls)})
        function(*args, **kwargs)

    shown.sort(key=lambda parameter: parameter.kind)
    call.__name__, call.__doc__ = function.__name__, function.__doc__
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in shown} | {"return": None}
    call.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    return call


def _plain(hint: Any) -> Any:
    """A type without what is noted beside it."""
    return _plain(typing.get_args(hint)[0]) if typing.get_origin(hint) is Annotated else hint


def _of_fields(cls: type, hint: Any) -> Iterator[inspect.Parameter]:
    """The fields of a table of options as parameters."""
    types_of, docs = typing.get_type_hints(cls), field_docs(cls)
    for field in attrs.fields(cls):
        target = types_of[field.name]
        if target is bool:
            target = Flag
        elif "UseAppendAction" in str(hint) and typing.get_origin(target) is tuple:
            target = Annotated[target, tyro.conf.UseAppendAction]
        annotation = _shown(field.name, target, field.default, help=docs[field.name])
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=annotation
        )


def _shown(name: str, hint: Any, default: Any, **about: Any) -> Any:
    """The annotation of an option, with what `tyro` is to show."""
    if any(default is silent for silent in SILENT) and "UseAppendAction" not in str(hint):
        about["help_behavior_hint"] = ""
    if name in ALIASES and "aliases" not in str(hint):
        about["aliases"] = [ALIASES[name]]
    if _plain(hint) is not bool:
        about["metavar"] = _metavar(name, _plain(hint))
    return Annotated[hint, tyro.conf.arg(**about)]


def _metavar(name: str, hint: Any) -> str:
    """What the values of an option are called."""
    choices = choices_of(hint)
    if name in METAVARS or not choices:
        types_of = [inner for inner in (*typing.get_args(hint), hint) if inner in OF_TYPES]
        several = " …" if typing.get_origin(hint) is tuple else ""
        return METAVARS.get(name) or (OF_TYPES[types_of[0]] + several if types_of else "VALUE")
    return "|".join(map(str, choices))


def options_of(command: str) -> dict[str, Any]:
    """The options of a command without their dashes, each with the type of its value; ``bool`` for a switch."""
    function = function_of(command)
    hints = typing.get_type_hints(function, include_extras=True)
    options: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters:
        hint = hints[parameter]
        inner = typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint
        if attrs.has(inner):
            types_of = typing.get_type_hints(inner)
            options |= {field.name.replace("_", "-"): types_of[field.name] for field in attrs.fields(inner)}
        elif parameter != OVERRIDES and "Positional" not in str(hint):
            options[parameter.replace("_", "-")] = inner if hint is Flag else hint
    return options


def choices_of(hint: Any) -> tuple[str, ...]:
    """The words that a type of values allows: those of a ``Literal``, also of one that may be left out."""
    if typing.get_origin(hint) is Literal:
        return typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(word for inner in typing.get_args(hint) for word in choices_of(inner))
    return ()


def takes_overrides(command: str) -> bool:
    """Whether fields of a recipe can follow a command."""
    return OVERRIDES in inspect.signature(function_of(command)).parameters
