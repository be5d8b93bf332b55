"""Names that a package hands on without importing where they come from until somebody asks: light doors."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazily(
    package: str, modules: Mapping[str, str], here: Mapping[str, Any]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package.

    Args:
        package: its name.
        modules: by public name, the module that defines it; a name that *is* that module stands for the module itself.
        here: the package's ``globals()``; the names in its ``__all__`` are listed as well, and nothing else is.
    """

    def get(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        module = importlib.import_module(modules[name])
        return module if modules[name] == f"{package}.{name}" and not hasattr(module, name) else getattr(module, name)

    def names() -> list[str]:
        return sorted({*modules, *here.get("__all__", ())})

    return get, names
