"""Mutated recipe files: each runs a step of a tiny problem, or is refused with a message that names what is wrong.

python tests/torture/recipe_fuzz.py COUNT [SEED]      prints how many ran, how many were refused, and what failed
"""

import copy
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import tomlkit
import torch
from torture.attempts import attempt

from matchzoo import recipes
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

LARGE = 100_000
"""Rows of a step that is not tried: in chunks it would run, for days, as ``matchzoo plan`` says."""
VALUES: tuple[Any, ...] = (
    0, 1, -1, 2, 3, 7, 10**6, 10**9, 2**31, 2**63 - 1, -(2**63), 0.0, -0.0, 0.5, 1.0, -1.5, 1e-300, 1e300, 1e-12,
    float("inf"), float("-inf"), float("nan"), True, False, "", " ", "auto", "none", "cuda:7", "gpu", "0", "1e3",
    "ring", "digits", "pyramid", "noise", "backbone", "mmd", "cosine", "../..", "/", "nul\u0000", "\n", "ﬀ", "数据",
    "🦆" * 50, "a" * 5000, [], [0], [1.0], [-1], [10**9], [[]], ["x"], [1, "x"], [0.1] * 300, {}, {"kind": "ring"},
    {"kind": ""}, {"kind": 3}, {"": 1}, {"kind": "mlp", "widths": [10**7, 10**7]}, {"a": {"b": {"c": {}}}},
)  # fmt: skip
KEYS = (
    "kind",
    "",
    "steps",
    "Steps",
    "stepz",
    "数",
    "a.b",
    "players",
    "x" * 300,
    "minimize",
    "size",
    "seed",
    "__class__",
)


def paths(table: Any, here: tuple = ()) -> list[tuple]:
    """The way to every value of a table."""
    found = [here] if here else []
    items = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    for key, value in items:
        found += paths(value, (*here, key))
    return found


def holder(table: Any, path: tuple) -> Any:
    for key in path[:-1]:
        table = table[key]
    return table


def numbers_near(value: Any, rng: random.Random) -> Any:
    """A value of the same type: what passes the type check and meets the ranges."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice([0, 1, 2, 3, 5, 17, value + 1, value - 1, -value, value * 1000, value * 10**9, 2**62])
    if isinstance(value, float):
        return rng.choice([0.0, 1.0, -value, value * 1e-9, value * 1e9, value * 1e40, 1 - value, 5e-324, 1.7e308])
    if isinstance(value, str):
        return rng.choice([value.upper(), value + " ", value[:-1], value + "s", value.replace("-", "_"), value[::-1]])
    if isinstance(value, list):
        return rng.choice([value * 2, value[::-1], value[:-1], [value], value * 50])
    return {}


def mutate(table: dict[str, Any], rng: random.Random) -> tuple[dict[str, Any], bool]:
    """One to three changes of a table, and whether one of them is a key that no recipe has."""
    table, unknown = copy.deepcopy(table), False
    changes = rng.choice([1, 1, 1, 2, 3])
    for _ in range(changes):
        known = paths(table)
        if not known:
            break
        path = rng.choice(known)
        here = holder(table, path)
        what = rng.randrange(10)
        if what < 4:
            here[path[-1]] = numbers_near(here[path[-1]], rng)
        elif what < 7:
            here[path[-1]] = copy.deepcopy(rng.choice(VALUES))
        elif what == 7:
            del here[path[-1]]
        elif what == 8 and isinstance(here, dict):
            here[rng.choice(KEYS)] = copy.deepcopy(rng.choice(VALUES))
        elif isinstance(here, dict):
            here[f"{path[-1]}\u200b" if rng.random() < 0.3 else f"{path[-1]}x"] = here.pop(path[-1])
            unknown = unknown or path[:-1] not in (("players",), ("projectors",))  # these names are free
    return table, unknown and changes == 1  # a second change may have taken it away again


def garble(text: str, rng: random.Random) -> str:
    """A change of the file's characters."""
    place = rng.randrange(len(text))
    lines = text.splitlines()
    return rng.choice(
        [
            text[:place],
            text[:place] + rng.choice("\u0000\"'[]{}=#\\🦆\ufeff") + text[place:],
            text + "\n" + rng.choice(lines),
            "\n".join(lines[: len(lines) // 2] + lines),
            text.replace("=", ":", 1),
            "[" * 3000 + text,
            "\ufeff" + text,
        ]
    )


def file_of(table: dict[str, Any], rng: random.Random) -> str | None:
    """The table as TOML; None where TOML cannot hold it."""
    try:
        text = tomlkit.dumps(table)
    except Exception:
        return None
    return garble(text, rng) if rng.random() < 0.1 else text


def run_a_step(path: Path) -> str:
    """``ran`` or ``large``; raises where the recipe is refused."""
    recipe = Recipe.read(path).replace(**{"trainer.compile": False})  # a compiler may take its time
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    if training.longest > LARGE:
        return "large"
    training.prepare(quiet=True)
    training.check(training.step(1), 1)
    return "ran"


def campaign(tables: list[dict[str, Any]], count: int, seed: int, folder: Path) -> tuple[Counter[str], dict[str, str]]:
    """Try ``count`` files; returns how they ended, and an example of each failure."""
    rng = random.Random(seed)
    ended: Counter[str] = Counter()
    examples: dict[str, str] = {}
    path = folder / "mutated.toml"
    while sum(ended.values()) < count:
        table, unknown = mutate(rng.choice(tables), rng)
        text = file_of(table, rng)
        if text is None:
            continue
        try:
            path.write_text(text, encoding="utf-8")
        except UnicodeEncodeError:
            continue
        how = attempt(lambda: run_a_step(path))
        if how == "ran" and unknown and text == tomlkit.dumps(table):
            how = "an unknown key was accepted"
        ended[how] += 1
        if how not in ("ran", "refused", "large"):
            examples.setdefault(how, text)
    return ended, examples


def bases(card: Path) -> list[dict[str, Any]]:
    """Tables of tiny problems, one of every kind of recipe, on a backbone of random weights."""
    from helpers.tables import LGM, RING

    tables = [copy.deepcopy(RING), copy.deepcopy(LGM)]
    tables[1]["projector"]["card"] = str(card)
    for name in ("clp/quickstart", "sfm/quickstart", "lgm/joint", "baselines/k-medoids"):
        table = recipes.load(name).table()
        table["data"] = {"kind": "digits", "size": 8}
        for space in table.get("projectors", {"projector": table.get("projector")}).values():
            space["card"] = str(card)
        tables.append(table)
    narrow = {"kind": "convnet", "width": 4}
    for name in ("dc/digits", "dsa/digits", "dm/digits"):
        table = recipes.load(name).table()
        table.get("projectors", table)["network" if "projectors" in table else "projector"]["network"] = narrow
        table["trainer"]["real_batch"] = 20
        tables.append(table)
    for name in ("gan/ring-2d", "mmd-gan/ring-2d", "mmd-net/gaussian", "gram/gaussian"):
        table = recipes.load(name).table()
        table["trainer"]["batch"] = 16
        tables.append(table)
    for table in tables:
        table["trainer"]["device"] = "cpu"
        table.pop("evaluation", None)
    return tables


def main() -> None:
    import resource
    import tempfile

    sys.path.insert(0, str(Path(__file__).parent.parent))
    from helpers.tables import TINY_CARD

    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_AS, (12 * 2**30, 12 * 2**30))
    count, seed = int(sys.argv[1]), int((sys.argv[2:] or ["0"])[0])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        card = folder / "tiny.toml"
        card.write_text(TINY_CARD.replace("test_vit", "test_efficientnet").replace("= 64", "= 256"))
        ended, examples = campaign(bases(card), count, seed, folder)
    for how, times in ended.most_common():
        print(f"{times:6}  {how}")
    for how, text in examples.items():
        print(f"\n=== {how}\n{text[:1500]}")


if __name__ == "__main__":
    main()
