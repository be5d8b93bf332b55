"""What the README and the documentation tell users to type works as it is written.

Python blocks run, each by itself (the tutorials run as whole pages: ``test_tutorials.py``). Of ``bash`` blocks every
command is parsed with its options, and run unless a comment on its line, or on the block's first, says why not: what it
``needs``, how long it ``takes`` (or ``3 minutes``). Tables of ``toml`` blocks are those of a recipe.
"""

import functools
import importlib
import inspect
import itertools
import pkgutil
import re
import shlex
import sys
import textwrap
import tomllib
from pathlib import Path

import attrs
import pytest

import matchzoo
from matchzoo.cli import main, usage
from matchzoo.cli.usage import function_of
from matchzoo.core.errors import MatchZooError
from matchzoo.core.shipped import names
from matchzoo.recipes import load, load_with
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.players import Player

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs/hooks"))

from tutorials import FENCE, NEEDS  # noqa: E402

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WHY_NOT = re.compile(r"#.*\b(needs|takes|\d+ minutes?)\b")
SHELL = ("pip", "hf", "export", "wait", "CUDA_VISIBLE_DEVICES=0", "CUDA_VISIBLE_DEVICES=1", "eval", "tensorboard")
SHELL += ("docker", "mike")
"""Commands of others: a comment must say why they are not run, and nothing more is checked of them."""


def blocks(language: str, tutorials: bool = True) -> list:
    found = []
    for page in PAGES:
        if page.parent == ROOT / "docs/tutorials" and not tutorials:
            continue
        for number, block in enumerate(FENCE.finditer(page.read_text(encoding="utf-8"))):
            if block["language"] == language:
                code = textwrap.dedent(block["code"])
                found.append(pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}"))
    return found


@pytest.mark.parametrize("block", blocks("python", tutorials=False))
def test_python_blocks_run(block, tmp_path, monkeypatch, capsys):
    code = compile(block, "documentation", "exec")
    if not NEEDS.match(block):
        monkeypatch.chdir(tmp_path)
        exec(code, {})


def lines_of(block: str) -> list[tuple[str, bool]]:
    """The commands of a block, continued lines joined, and whether each is to be run."""
    script = block.startswith("#!")
    lines = re.sub(r"\\\n\s*", "", block).splitlines()
    whole = any(WHY_NOT.search(line) for line in lines[: 2 if script else 1] if line.startswith("#"))
    commands = [line for line in lines if line.strip() and not line.startswith("#")]
    return [(line, not (whole or WHY_NOT.search(line))) for line in commands]


def parse(words: list[str]) -> None:
    """Read a command and its options and run nothing; recipes are checked with their overrides."""
    called = []

    def stub(real):
        @functools.wraps(real)
        def instead(*positional, **named):
            called.append(real.__name__)
            name = named.get("name", positional[0] if positional else "")
            files_of_pages = any(word.endswith(".toml") for word in words)
            if real.__name__ in ("run", "plan") and not files_of_pages:
                load_with(name, named["overrides"], real.__name__)

        return instead

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usage, "function_of", lambda command: stub(function_of(command)))
        try:
            main.main(words)
        except SystemExit as stop:
            pytest.fail(f"matchzoo {shlex.join(words)}: exit code {stop.code}")
    assert called or words[0] == "completion"


@pytest.mark.parametrize("block", blocks("bash", tutorials=False))
def test_commands(block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for line, wanted in lines_of(block):
        words = shlex.split(line, comments=True)
        if "matchzoo" in words[:8] and words[0] not in ("pip", "python", "docker"):
            own = [word for word in words[words.index("matchzoo") + 1 :] if word != "&"]
            for flag, card in itertools.pairwise(own):
                if flag.endswith(".card") and card.endswith(".toml"):
                    Path(card).touch()  # which the page has made before
            parse(own)
            if wanted:
                assert words[0] == "matchzoo"
                main.main(own)
        elif words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.M), line
            assert not wanted, f"say why it is not run: {line}"
        elif words[0] == "python":
            named = ROOT / words[1] if words[1] != "-m" else (ROOT / words[2].replace(".", "/")).with_suffix(".py")
            assert named.is_file(), line
            assert not wanted, f"say why it is not run: {line}"
        elif not block.startswith("#!"):
            assert words[0] in SHELL, line
            assert not wanted or words[0] == "export", f"say why it is not run: {line}"


@pytest.mark.parametrize("block", blocks("bash"))
def test_scripts_are_bash(block, tmp_path):
    import subprocess

    subprocess.run(["bash", "-n", "-c", block], check=True)


@pytest.mark.parametrize("block", blocks("text") + blocks("csv"))
def test_no_command_hides_in_text(block):
    assert not re.search(r"^(\$ |matchzoo [a-z]+ |python -m |from \w+ import|import |pip install)", block, re.M), block


def merged(table: dict, part: dict) -> dict:
    """A table with the lines of another put into it; where the kinds differ, the other's in its place."""
    if part.get("kind", table.get("kind")) != table.get("kind"):
        return part
    inner = {
        k: merged(table[k], v) if isinstance(v, dict) and isinstance(table.get(k), dict) else v for k, v in part.items()
    }
    return {**table, **inner}


BASES = [
    load(name).table() for name in ("lgm/quickstart", "lgm/joint", "gram/ring-2d", "dc/digits", "baselines/random")
]
"""Recipes into which the pages' pieces of recipes are put: each must fit into one of them."""


@pytest.mark.parametrize("block", blocks("toml", tutorials=False))
def test_tables_are_those_of_recipes(block):
    part = tomllib.loads(block)
    if "statistic" in part:
        part = {"minimize": [{"kind": "statistic", **part}]}
    if set(part) <= {field.name for field in attrs.fields(Player)}:
        part = {"players": {"generator": part}}
    if not set(part) <= {field.name for field in attrs.fields(Recipe)}:
        return  # a card: zoo cards have tests of their own
    problems = []
    for base in BASES:
        other = {"projectors": "projector", "projector": "projectors"}
        kept = {key: value for key, value in base.items() if not any(other.get(name) == key for name in part)}
        try:
            Recipe.of(merged(kept, part))
        except MatchZooError as error:
            problems.append(str(error))
    assert len(problems) < len(BASES), "\n\n".join(problems)


def test_every_recipe_is_on_its_page():
    page = (ROOT / "docs/recipes.md").read_text()
    assert all(f"`{name}`" in page for name in names("recipes"))


def in_the_reference() -> tuple[dict[int, str], dict[int, str]]:
    """What the pages of the reference show, by identity, with its name: of whole modules, and by a line of its own.

    A page shows of a folder what it hands on, except for what has the name of a module in it.
    """
    of_modules, by_itself = {}, {}
    for page in sorted((ROOT / "docs/reference").glob("*.md")):
        for name in re.findall(r"^::: ([\w.]+)$", page.read_text(encoding="utf-8"), re.M):
            try:
                module = importlib.import_module(name)
            except ModuleNotFoundError:
                owner, _, last = name.rpartition(".")
                by_itself[id(getattr(importlib.import_module(owner), last))] = name
                continue
            modules = {found.name for found in pkgutil.iter_modules(getattr(module, "__path__", []))}
            own = [key for key, value in vars(module).items() if getattr(value, "__module__", None) == name]
            public = [key for key in getattr(module, "__all__", own) if key not in modules]
            of_modules |= {id(getattr(module, key)): f"{name}.{key}" for key in public}
    return of_modules, by_itself


def test_every_public_family_member_is_in_the_reference():
    from matchzoo.core.declaration.declare import FAMILIES

    of_modules, by_itself = in_the_reference()
    members = [registry[kind] for registry in FAMILIES.values() for kind in registry.names()]
    missing = [f"{cls.__module__}.{cls.__name__}" for cls in members if id(cls) not in of_modules | by_itself]
    assert not missing, f"missing in docs/reference/: {', '.join(missing)}"


def test_the_reference_shows_all_that_folders_hand_on_and_nothing_twice():
    of_modules, by_itself = in_the_reference()
    handed_on = {}
    for found in pkgutil.walk_packages(matchzoo.__path__, "matchzoo."):
        if found.ispkg:
            folder = importlib.import_module(found.name)
            values = {name: getattr(folder, name) for name in getattr(folder, "__all__", [])}
            handed_on |= {id(value): f"{found.name}.{k}" for k, value in values.items() if not inspect.ismodule(value)}
    missing = [name for key, name in handed_on.items() if key not in of_modules | by_itself]
    assert not missing, f"missing in docs/reference/, give each a line: {', '.join(missing)}"
    twice = [name for key, name in by_itself.items() if key in of_modules]
    assert not twice, f"their folders hand these on; remove their lines in docs/reference/: {', '.join(twice)}"


def test_pieces_of_files_are_marked_as_the_site_reads_them():
    """Formatters of code in Markdown have pulled the mark apart, and the page then shows it in place of the code."""
    found = [line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines() if "--8" in line]
    assert found
    for line in found:
        marked = re.fullmatch(r'--8<-- "([\w/.-]+?)(?::(\w+))?"', line)
        assert marked, line
        content = (ROOT / marked[1]).read_text(encoding="utf-8")
        assert marked[2] is None or f"--8<-- [start:{marked[2]}]" in content
