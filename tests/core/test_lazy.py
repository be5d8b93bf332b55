"""Light doors: what packages hand on, and what importing them costs."""

import importlib
import pkgutil
import subprocess
import sys
import types

import pytest

import matchzoo

PACKAGES = [found.name for found in pkgutil.walk_packages(matchzoo.__path__, "matchzoo.") if found.ispkg]
FAMILIES = {
    "data", "evaluation", "generators", "hub", "matchers", "models", "projectors", "ratios", "recipes", "training",
    "zoo",
}  # fmt: skip


def test_dir_shows_what_there_is():
    assert set(dir(matchzoo)) == FAMILIES | {"MatchZooError", "__version__"} == set(matchzoo.__all__)
    for name in FAMILIES:
        assert isinstance(getattr(matchzoo, name), types.ModuleType)
    assert issubclass(matchzoo.MatchZooError, Exception)
    assert dir(matchzoo.models) == ["classifiers", "networks"]


def test_a_name_that_there_is_not():
    with pytest.raises(AttributeError, match="module 'matchzoo' has no attribute 'nothing'"):
        matchzoo.nothing  # noqa: B018


@pytest.mark.parametrize("name", PACKAGES)
def test_folders_hand_on_public_names(name):
    package = importlib.import_module(name)
    for public in getattr(package, "__all__", []):
        assert not public.startswith("_")
        assert not isinstance(getattr(package, public), types.ModuleType), f"{name}.{public} is a module"


@pytest.mark.parametrize(
    ("package", "function"),
    [
        ("matchzoo.ratios", "kernel_mean_matching"),
        ("matchzoo.matchers.statistics", "head_gradient"),
        ("matchzoo.models.classifiers", "linear_probe"),
        ("matchzoo.generators.selectors", "herding"),
        ("matchzoo.evaluation.metrics", "kernel_distance"),
    ],
)
@pytest.mark.parametrize("first", ["", ".{function}"], ids=["folder first", "module first"])
def test_a_function_with_the_name_of_its_module_is_handed_on(package, function, first):
    program = (
        f"import importlib; importlib.import_module('{package}{first.format(function=function)}')\n"
        f"from {package} import {function}; assert type({function}).__name__ == 'function'\n"
        f"from {package}.{function} import {function} as same; assert same is {function}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
