"""The house: which folder may import which, no circle, and short modules. Lazy and TYPE_CHECKING imports count too."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = (
    ("core",), ("zoo",), ("data", "models"), ("projectors", "ratios"), ("generators", "matchers"),
    ("training",), ("evaluation",), ("hub",), ("runs",), ("recipes",), ("cli",),
)  # fmt: skip
"""Folders from the ground up: a module imports from its own folder and from those below."""
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}
AT_THE_TOP = 16
LONG: dict[str, str] = {
    "matchzoo.training.loop": "the one loop: what a step is, told in one place",
    "matchzoo.recipes.planning.estimator": "one measurement, scaled in many ways",
}
"""Modules over 300 lines, and why each is still one thing."""
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "matchzoo").rglob("*.py"))
}


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Every ``from module import name`` of a file, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


@functools.cache
def face(package: str) -> dict[str, tuple[str, str]]:
    """What a package's ``__init__`` hands on: the module that each name comes from, and its name there."""
    return {name: (module, name) for module, name in imports(MODULES[package])}


def defined_in(module: str, name: str) -> str | None:
    """The module that a name comes from, through the faces of packages; None outside of matchzoo."""
    if f"{module}.{name}" in MODULES:
        return f"{module}.{name}"
    if module in MODULES and MODULES[module].name == "__init__.py" and name in face(module):
        origin = face(module)[name]
        return module if origin == (module, name) else defined_in(*origin)
    return module if module in MODULES else None


@functools.cache
def edges() -> dict[str, set[str]]:
    """The modules that every module imports; faces only hand names on, and are seen through."""
    found: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        if path.name != "__init__.py":
            targets = {defined_in(*imported) for imported in imports(path)}
            found[module] = {target for target in targets if target not in (None, module, "matchzoo")}
    return found


def test_dependencies_go_one_way():
    def folder(module: str) -> str:
        return module.split(".")[1] if "." in module else ""

    against = [
        f"{module} imports {target}"
        for module, targets in edges().items()
        for target in targets
        if folder(module) in FLOOR and folder(target) in FLOOR and folder(module) != folder(target)
        and FLOOR[folder(target)] >= FLOOR[folder(module)]
    ]  # fmt: skip
    assert against == []
    assert {folder(module) for module in edges()} <= {*FLOOR, "__main__"}


def test_there_is_no_circle():
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for target in edges().get(module, ()):
                visit(target, (*path, module))
            done.add(module)

    for module in edges():
        visit(module, ())


def test_the_top_is_small():
    top = [path for path in (ROOT / "matchzoo").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    assert len(top) <= AT_THE_TOP


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short(module):
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= 300 or module in LONG, f"{module}: {lines} lines; part it, or say in LONG why it is one thing"
