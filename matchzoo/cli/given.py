"""What commands are given, looked at before anything is loaded that is slow to load: all that is wrong at once."""

import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from matchzoo import zoo
from matchzoo.core.declaration.toml import read_toml
from matchzoo.core.errors import DeclarationError, MatchZooError

OUTPUTS = "runs"
"""The folder that runs are written to if nothing else is said: no user of the Hub is meant by it."""


def check(*looks: Callable[[], object]) -> None:
    """Look at several things; a `MatchZooError` says all that is wrong with them, a line each."""
    wrong = []
    for look in looks:
        try:
            look()
        except MatchZooError as error:
            wrong.append(str(error))
    if wrong:
        raise MatchZooError("\n".join(dict.fromkeys(wrong)))


def right(holds: bool, message: str) -> Callable[[], None]:
    """That something holds, as the message says."""

    def look() -> None:
        if not holds:
            raise MatchZooError(message)

    return look


def there(path: Path) -> Callable[[], None]:
    """That a table is there."""

    def look() -> None:
        if not path.expanduser().is_file():
            raise MatchZooError(f"{path}: is a folder; expected a table" if path.is_dir() else f"{path}: no such file")

    return look


def run(name: str) -> Callable[[], None]:
    """That a finished run is in a folder."""

    def look() -> None:
        from matchzoo.hub.run_files import check_finished

        check_finished(Path(name).expanduser())

    return look


def source(name: str) -> Callable[[], None]:
    """That a set or model is there, or can be on the Hub."""

    def look() -> None:
        from matchzoo.core.storage.hub_repository import is_name

        place = Path(name).expanduser()
        if place.exists() or zoo.full_name(name) is not None:
            return
        if place.parts[:1] == (OUTPUTS,) or not is_name(name):
            known = [str(path) for path in place.parent.iterdir()] if place.parent.is_dir() else []
            raise MatchZooError(f"{name}: there is no such run, set or model{_nearest(name, known)}")

    return look


def repository(name: str) -> Callable[[], None]:
    """That a text is the name of a repository of the Hub."""

    def look() -> None:
        from matchzoo.core.storage.hub_repository import is_name

        if not is_name(name):
            raise MatchZooError(f"expected user/name, got {name!r}")

    return look


def card(option: str, name: str, kind: type[zoo.Card]) -> Callable[[], None]:
    """That there is a card of a name."""

    def look() -> None:
        try:
            zoo.find(name, kind)
        except MatchZooError as error:
            raise MatchZooError(f"{option}: {error}") from None

    return look


def method(text: str, family: str) -> Callable[[], None]:
    """That ``--method`` is a kind of a family, such as ``ratio estimator``, or a TOML table of one."""

    def look() -> None:
        from matchzoo.core.declaration.structuring import structure
        from matchzoo.recipes.checking import family_outline

        try:
            table = tomllib.loads(f"method = {text}")["method"] if text.lstrip().startswith("{") else text
            structure(table, family_outline(family))
        except tomllib.TOMLDecodeError as error:
            raise MatchZooError(f"--method: not a TOML table: {error}") from None
        except DeclarationError as error:
            raise error.under("--method") from None

    return look


def own_backbones(names: Iterable[str]) -> tuple[str, ...]:
    """Cards of the backbones that runs, or sets that runs have made, were made over; in order, each once."""
    cards: list[str] = []
    for name in names:
        place = Path(name).expanduser()
        recipe = next((path for path in (place / "recipe.toml", place.parent / "recipe.toml") if path.is_file()), None)
        cards += [] if recipe is None else cards_of(read_toml(recipe))
    return tuple(dict.fromkeys(cards))


def cards_of(value: Any) -> Iterator[str]:
    """Cards that a recipe's table names, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "card" and isinstance(inner, str):
                yield inner
            else:
                yield from cards_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from cards_of(inner)


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def table(option: str, text: str | None, example: str, structured: Callable[[dict[str, Any]], Any]) -> Any:
    """What a table on the command line declares; None where there is none."""
    if text is None:
        return None
    try:
        table = tomllib.loads(f"table = {text}")["table"]
        if not isinstance(table, dict):
            raise MatchZooError(f"{option}: expected a table such as '{example}', got {text}")
        return structured(table)
    except tomllib.TOMLDecodeError as error:
        raise MatchZooError(f"{option}: expected a table such as '{example}' ({error})") from None
    except DeclarationError as error:
        raise error.under(option) from None


def outputs(output: tuple[Path, ...], *suffixes: str) -> None:
    """Raise, before any work, if a file has a name of no known kind."""
    for path in output:
        if path.suffix not in suffixes:
            known = ", ".join(suffixes[:-1]) + f" or {suffixes[-1]}"
            raise MatchZooError(f"--output: expected names that end in {known}, got {path}")
