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
    assert dir(matchzoo.models) == ["classifiers", "fields", "networks", "proximal", "transport"]


def test_a_name_that_there_is_not():
    with pytest.raises(AttributeError, match="module 'matchzoo' has no attribute 'nothing'"):
        matchzoo.nothing  # noqa: B018


@pytest.mark.parametrize("name", PACKAGES)
def test_folders_hand_on_public_names(name):
    package = importlib.import_module(name)
    for public in getattr(package, "__all__", []):
        assert not public.startswith("_")
        assert not isinstance(getattr(package, public), types.ModuleType), f"{name}.{public} is a module"


HANDED_ON = [
    ("matchzoo.ratios", "kernel_mean_matching"),
    ("matchzoo.matchers.statistics", "covariance"),
    ("matchzoo.models.classifiers", "linear_probe"),
    ("matchzoo.generators.selectors", "herding"),
    ("matchzoo.evaluation.metrics", "kernel_distance"),
]
IN_A_FORK = """
import importlib, os, sys, torch, torchvision  # these once: what is tested is the first import of ours

for case in sys.argv[1:]:
    first, package, function = case.split(":")
    if (child := os.fork()) == 0:
        importlib.import_module(first)
        handed_on = getattr(importlib.import_module(package), function)
        same = getattr(importlib.import_module(f"{package}.{function}"), function)
        os._exit(0 if type(handed_on).__name__ == "function" and same is handed_on else 1)
    if os.waitpid(child, 0)[1]:
        sys.exit(case)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_function_with_the_name_of_its_module_is_handed_on():
    """Whichever is imported first, the folder or the module."""
    cases = [f"{first}:{package}:{f}" for package, f in HANDED_ON for first in (package, f"{package}.{f}")]
    done = subprocess.run([sys.executable, "-c", IN_A_FORK, *cases], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
