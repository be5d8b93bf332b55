"""Wrong commands: the whole message of each, all mistakes at once, and no torch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from matchzoo.core import shipped

FILE = """
[data]
kind = "digits"
sise = 16

[generator]
kind = "pyramid"
grow_every = 0

[projector]
kind = "backbone"
card = "eficientnet-lite0"

[trainer]
steps = "many"
"""
ALL = "('matchzoo list' shows all; a file's path ends in .toml)"
COMMANDS = {
    "run lgm/quickstart --seed 3": """lgm/quickstart cannot be run:
--seed: unknown field; did you mean '--trainer.seed'?""",
    "run lgm/quickstart --steps 100 --lr 0.3 --optimizer.lr 1 --trainer.log-every 0": """lgm/quickstart cannot be run:
--steps: unknown field; did you mean '--trainer.steps'?
--lr: unknown field; did you mean '--players.generator.optimizer.lr'?
--optimizer.lr: unknown field; did you mean '--players.generator.optimizer.lr'?
trainer.log_every: expected at least 1, got 0""",
    "run lgm/quickstart --data cifar1 --projector dinov2-vit-b1": """lgm/quickstart cannot be run:
--data: 'cifar1' is neither a kind of data nor a card of a data set; did you mean 'cifar10'?
--projector: 'dinov2-vit-b1' is neither a kind of projector nor a card of a backbone; did you mean 'dinov2-vit-b14'?""",
    "run quikstart": f"unknown recipe 'quikstart'; did you mean 'lgm/quickstart'? {ALL}",
    "run cifar10": "there are several recipes 'cifar10': dc/cifar10, dcc/cifar10, dm/cifar10, dsa/cifar10, "
    "gan/cifar10, gram/cifar10, mmd-gan/cifar10, mmd-net/cifar10",
    "run lgm/quickstart --ouput x --traner.steps 3": """lgm/quickstart cannot be run:
--ouput: unknown option; did you mean '--output'?
--traner: unknown field; did you mean 'trainer'?""",
    "check wrong.toml": f"""wrong.toml cannot be run:
data.sise: unknown key for 'digits'; did you mean 'size'?
generator.grow_every: expected a number above 0, got 0
trainer.steps: expected int, got 'many'
projector.card: unknown backbone 'eficientnet-lite0'; did you mean 'efficientnet-lite0'? {ALL}""",
    "plan wrong.toml --trainer.steps 3 --data.sise none --lr 1": f"""wrong.toml cannot be planned:
--lr: unknown field; known: data, evaluation, generator, players, projector, projectors, schema, sets, trainer, views
--data.sise: unknown field of 'digits'; did you mean 'size'?
data.sise: unknown key for 'digits'; did you mean 'size'?
generator.grow_every: expected a number above 0, got 0
projector.card: unknown backbone 'eficientnet-lite0'; did you mean 'efficientnet-lite0'? {ALL}""",
    "show lgn": "unknown name 'lgn'; did you mean 'lpn'? ('matchzoo list' shows all)",
    "help rnu": "unknown command 'rnu'; did you mean 'run'? ('matchzoo --help')",
    "evaluate runs/none --backbone eficientnet-lite0 --data cifar1": f"""runs/none: there is no such run, set or model
--backbone: unknown backbone 'eficientnet-lite0'; did you mean 'efficientnet-lite0'? {ALL}
--data: unknown data set 'cifar1'; did you mean 'cifar10'? {ALL}""",
    "report runs/none runs": """runs/none: there is no such folder
runs: no run is here (there is no recipe.toml)""",
    "ratio none.csv q.csv --method ulsiff": """--method.kind: unknown ratio estimator 'ulsiff'; did you mean 'ulsif'?
none.csv: no such file""",
    "push runs/none noname --licence mit": """runs/none: there is no such run, set or model
expected user/name, got 'noname'""",
}
PROGRAM = """
import contextlib, io, json, sys, time
from matchzoo.cli.main import main
told = {}
for line in json.loads(sys.argv[1]):
    began = time.process_time()
    with contextlib.redirect_stderr(io.StringIO()) as error, contextlib.redirect_stdout(error):
        try:
            main(line.split())
        except SystemExit as stop:
            told[line] = [stop.code, error.getvalue(), time.process_time() - began]
print(json.dumps(told))
heavy = {"torch", "timm", "torchvision", "accelerate", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    """What each command says, from one process that loads no torch."""
    folder: Path = tmp_path_factory.mktemp("wrong")
    (folder / "wrong.toml").write_text(FILE)
    (folder / "q.csv").write_text("1\n2\n")
    (folder / "runs").mkdir()
    words = [sys.executable, "-c", PROGRAM, json.dumps(list(COMMANDS))]
    path = {**os.environ, "PYTHONPATH": str(shipped.root())}
    done = subprocess.run(words, cwd=folder, env=path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("line", COMMANDS)
def test_wrong_commands(line: str, told: dict[str, list]) -> None:
    code, message, _ = told[line]
    assert message == f"error: {COMMANDS[line]}\n"
    assert code == 2
