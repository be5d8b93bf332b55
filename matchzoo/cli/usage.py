"""The commands of ``matchzoo``: what each is for, where its function is, and the options that the function has."""

import importlib
import inspect
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal

import attrs
import tyro

USAGE = """matchzoo: match one set of samples to another.

It distills data sets into a few images over frozen backbones, trains generators by ratios and discrepancies of
densities, and estimates such ratios. A recipe, a file of TOML, says what is matched to what, in which space, who moves.

  matchzoo list [PATTERN]        recipes, backbones, data sets, distilled sets, and what they still need here
  matchzoo show NAME             a recipe or card, as it is written
  matchzoo copy NAME FILE        a recipe to edit: then matchzoo run FILE; or a card
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
  matchzoo completion SHELL      a script by which bash, zsh or fish complete commands and names

A first run:      matchzoo run lgm/quickstart
One of your own:  matchzoo copy gram/ring-2d mine.toml, then matchzoo run mine.toml --trainer.steps 500
Side by side:     matchzoo report runs/lgm/quickstart runs/mine

matchzoo COMMAND --help says more; --json, where a command has it, prints its result for programs.
"""
COMMANDS = {
    "list": "catalogue:list_",
    "show": "catalogue:show",
    "copy": "catalogue:copy",
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
    "completion": "completion:completion",
}
"""The module of this folder and the function of every command, in the order of `USAGE`."""
OVERRIDES = "overrides"
"""The argument of a command that takes the dotted fields of a recipe, which are no options of its own."""

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
Name = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]


def function_of(command: str) -> Callable[..., None]:
    """The function of a command."""
    module, _, name = COMMANDS[command].partition(":")
    function: Callable[..., None] = getattr(importlib.import_module(f"matchzoo.cli.{module}"), name)
    return function


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
