"""Every term that looks at environments, domains or its own past: the same in chunks, in several processes and resumed.

All of them are one recipe, with a player and a network of its own for each, so that a run tries them all.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers import processes, started
from helpers.room import SGD, TRAINER, training
from helpers.training_steps import train
from safetensors.torch import load_file

STEPS = 3
Terms = list[dict[str, Any]]


def environments(statistic: Any, space: str = "encoder", distance: str = "squared", how: Any = "to-mean") -> Terms:
    """A statistic of all environments."""
    return [
        {
            "kind": "statistic",
            "statistic": statistic,
            "distance": distance,
            "reduction": how,
            "space": space,
            "sets": "environments",
        }
    ]


def head(quantity: str, decay: float = 0.0) -> dict[str, Any]:
    return {"kind": "linear-head", "head": "head", "quantity": quantity, "decay": decay}


def domains(statistic: Any) -> Terms:
    """A statistic of the labeled source and of the unlabeled target."""
    return [{**environments(statistic)[0], "reduction": "to-reference", "sets": ["real", "target"]}]


def two_views(
    statistic: Any, distance: Any = "squared", constant: str = "zero", sets: Any = ("real", "real'")
) -> Terms:
    """A statistic of two views of the same rows, to a constant."""
    [term] = environments(statistic, "head", distance, {"kind": "to-constant", "constant": constant})
    return [{**term, "sets": list(sets)}]


SHARES = {"kind": "to-constant", "constant": [0.1] * 10}
CRITIC = {"kind": "gan", "side": "critic", "space": "critic", "sets": ["real", "target"]}
PAIRS = {"kind": "info-nce", "space": "encoder", "sets": ["real", "target"]}
# name of the row → the terms of its player beside the classification
ROWS: dict[str, Terms] = {
    "risk": environments("risk", "head"),
    "moments": environments("moments", how="pairwise"),
    "gradient": environments(head("gradient", decay=0.5)),
    "inner-product": environments(head("gradient"), distance="inner-product", how="pairwise"),
    "hessian-gradient": environments(head("hessian-gradient")),
    "hessian-diagonal": environments(head("hessian-diagonal", decay=0.9)),
    "gradient-variance": environments(head("gradient-variance", decay=0.95)),
    "past-subspace": environments(
        {"kind": "past-subspace", "statistic": head("gradient", decay=0.5), "rows": 2, "every": 1}, how="to-reference"
    ),
    "invariant-risk": [{"kind": "invariant-risk", "space": "head", "sets": "environments"}],
    "halves": [{"kind": "invariant-risk", "space": "head", "sets": "environments", "estimator": "halves"}],
    "worst": [{"kind": "classification", "space": "head", "sets": "environments", "over": "worst"}],
    "in-turn": [{"kind": "classification", "space": "head", "sets": ["environment"]}],
    "prototypes": domains({"kind": "prototypes", "head": "head", "decay": 0.7}),
    "label-marginal": [
        {**environments("label-marginal", "head", "kl", SHARES)[0], "sets": ["target"]},
        {"kind": "entropy", "space": "head", "sets": ["target"]},
    ],
    "mutual-information": [{"kind": "mutual-information", "space": "head", "sets": ["target"]}],
    "info-nce": [
        {**PAIRS, "queue": 17, "negatives": "both"},
        {**PAIRS, "form": "symmetric", "positives": "assignment", "reliability": True},
        {**PAIRS, "form": "nt-xent", "positives": "label", "sets": ["real", "environment"]},
    ],
    "memory": [
        {"kind": "early-learning", "space": "head", "sets": ["real"], "weight": 3.0},
        {"kind": "progressive-target", "space": "head", "sets": ["environment"]},
    ],
    "outer-product": [CRITIC],
    "mixed-barlow": [
        *two_views("cross-correlation", {"kind": "squared", "off_diagonal": 0.1}, "identity"),
        {"kind": "mixed-correlation", "space": "head"},
    ],
    "vicreg": [
        {"kind": "paired", "space": "head", "sets": ["real", "real'"]},
        *two_views("standard-deviations", "hinge", "one"),
        *two_views("covariance", {"kind": "squared", "diagonal": 0.0}),
    ],
    "adversarial": [
        {"kind": "classification", "space": "head", "sets": ["moved"]},
        {**environments(head("gradient-variance"))[0], "sets": ["real", "moved"]},
    ],
}
MOVED = {
    "kind": "adversarial",
    "by": {"kind": "classification", "space": "adversarial-head"},
    "length": 0.5,
    "radius": 0.1,
}
LOOKAHEAD = {"kind": "lookahead", "of": SGD, "steps": 3}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Data of two environments and a target, as small as they can be."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    for name in ("a", "b", "target"):
        images = rng.integers(0, 256, (60, 4, 4, 1), dtype=np.uint8)
        np.savez(folder / f"{name}.npz", images=images, labels=np.arange(60) % 10)
    made = {name: {"kind": "arrays", "path": str(folder / f"{name}.npz")} for name in ("a", "b", "target")}
    environments, others = {"a": made["a"], "b": made["b"]}, {"target": made["target"]}
    return {"kind": "combined", "environments": environments, "others": others, "unlabeled": ["target"]}


def table(data: dict[str, Any], chunk: int | str = "auto") -> dict[str, Any]:
    projectors: dict[str, Any] = {}
    players: dict[str, Any] = {}
    for name, terms in ROWS.items():

        def own(value: Any, name: str = name) -> Any:
            """Names of projectors as those of this row."""
            if isinstance(value, dict):
                named = ("space", "head", "on")
                return {k: f"{name}-{v}" if k in named else own(v, name) for k, v in value.items()}
            return [own(inner, name) for inner in value] if isinstance(value, list) else value

        parts = {
            "encoder": {"kind": "learned", "features": 5, "network": {"kind": "mlp", "widths": [], "output": "tanh"}},
            "head": {"kind": "learned", "on": "encoder", "features": 10, "network": {"kind": "mlp", "widths": []}},
        }
        if name == "outer-product":
            parts["product"] = {"kind": "outer-product", "on": "encoder", "head": "head"}
            parts["critic"] = {**parts["head"], "on": "product", "features": 1}
        projectors |= {f"{name}-{part}": own(declared) for part, declared in parts.items()}
        classification = {"kind": "classification", "space": "head", "sets": "environments"}
        players[name] = {
            "moves": [f"{name}-{part}" for part in parts if part != "product"],
            "optimizer": LOOKAHEAD if name == "in-turn" else SGD,
            "minimize": own([classification, *terms]),
        }
    return {
        "data": data,
        "projectors": projectors,
        "views": {"flip": 0.5},
        "sets": {"moved": MOVED, "mixed": "mixture"},
        "players": players,
        "trainer": {**TRAINER, "steps": STEPS, "real_batch": 13, "chunk": chunk},
    }


@pytest.fixture(scope="module")
def whole(files: dict[str, Any]) -> tuple[list[dict[str, float]], dict[str, torch.Tensor]]:
    """Values of every step and the state after the last, from one graph."""
    return train(table(files), "auto", STEPS)


def assert_equal(values: list[dict[str, float]], state: dict[str, torch.Tensor], whole: Any) -> None:
    assert values == [pytest.approx(step, rel=1e-12, abs=1e-12) for step in whole[0]]
    assert state.keys() == whole[1].keys()
    for key, tensor in whole[1].items():
        torch.testing.assert_close(
            state[key], tensor, rtol=1e-12, atol=1e-12, msg=lambda text, key=key: f"{key} {text}"
        )


@pytest.mark.parametrize("chunk", [1, 5])
def test_chunks_are_exact(chunk: int, files: Any, whole: Any) -> None:
    assert_equal(*train(table(files), chunk, STEPS), whole)


@pytest.mark.parametrize(("count", "chunk"), [(2, "auto"), (3, 3)])
def test_processes_are_exact(count: int, chunk: int | str, files: Any, whole: Any, tmp_path: Path) -> None:
    """Each has half of the rows, or a third of them in chunks."""
    path = tmp_path / "tables.json"
    path.write_text(json.dumps({"whole": table(files, chunk)}))
    words = ("train", str(path), str(tmp_path), str(STEPS))
    running = [started.Forked(processes.main, *words, environment=place) for place in started.places(count)]
    told = [process.communicate(300)[1] for process in running]
    assert [process.returncode for process in running] == [0] * count, told
    found = json.loads((tmp_path / "whole.json").read_text())
    assert found["world"] == count
    assert_equal(found["values"], load_file(tmp_path / "whole.safetensors"), whole)


def test_what_has_a_past_is_resumed_to_the_bit(files: Any) -> None:
    made = training(table(files))
    for number in (1, 2):
        made.step(number)
    state = {key: value.clone() for key, value in made.state().items()}
    pasts = {key.split("/")[1] for key in state if key.startswith("terms/")}
    assert pasts == {
        "gradient",
        "hessian-diagonal",
        "gradient-variance",
        "past-subspace",
        "prototypes",
        "info-nce",
        "memory",
    }

    again = training(table(files))
    again.load(2, state)
    for number in (3, 4):
        values, same = made.step(number), again.step(number)
        assert all(torch.equal(value, same[key]) for key, value in values.items())
    assert all(torch.equal(value, again.state()[key]) for key, value in made.state().items())
