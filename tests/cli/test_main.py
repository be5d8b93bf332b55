"""The command line, from inside and as a process."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import started

from matchzoo import recipes, zoo
from matchzoo.cli import main, usage
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import format_table
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.loop import Training

Captured = pytest.CaptureFixture[str]


def fails(words: list[str], capsys: Captured) -> str:
    """What a command says that ends with exit code 2."""
    with pytest.raises(SystemExit) as caught:
        main.main(words)
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    return said.err + said.out


@pytest.fixture
def mine(ring: dict, tmp_path: Path) -> Path:
    """The file of a tiny recipe."""
    path = tmp_path / "mine.toml"
    path.write_text(write_toml(ring))
    return path


# help


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_usage(words: list[str], capsys: Captured) -> None:
    main.main(words)
    said = capsys.readouterr().out
    assert all(f"matchzoo {command}" in said for command in usage.COMMANDS)
    assert "A first run:" in said


def test_version(capsys: Captured) -> None:
    main.main(["--version"])
    assert capsys.readouterr().out[0].isdigit()


@pytest.mark.parametrize("command", usage.COMMANDS)
def test_help_of_each_command(command: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main.main(["help", command])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert f"usage: matchzoo {command}" in said
    assert "{None}" not in said
    assert "default: None" not in said
    assert re.search(rf"^(an example: )?matchzoo {command}\b", said.partition("\n")[2], re.M), "an example"
    if command == "run":
        assert "--output" in said
        assert "--trainer.steps 50" in said
        assert "overrides" not in said.split("options")[0]


# list, show, copy, doctor


def test_list(capsys: Captured) -> None:
    main.main(["list"])
    said = capsys.readouterr().out
    assert all(name in said for name in [*recipes.names(), *map(zoo.short_name, zoo.names())])
    assert "*gram/ring-2d" in said
    assert len(said.splitlines()) < 140


@pytest.mark.parametrize("words", [["list", "lgm/*"], ["list", "lgm"], ["show", "lgm"]])
def test_list_a_pattern(words: list[str], capsys: Captured) -> None:
    main.main(words)
    said = capsys.readouterr().out
    assert said.startswith("lgm: recipes (")
    assert "Linear gradient matching on real images" in said
    assert "lgm/quickstart" in said.splitlines()[1]
    assert "gram/ring-2d" not in said
    assert "backbones" not in said.split("\n\n")[1]


def test_data_within_data_are_needed_too(capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    main.main(["list", "elr/fashion-mnist-noisy", "--json"])
    (entry,) = json.loads(capsys.readouterr().out)
    assert not entry["here"]
    assert "fashion-mnist" in " ".join(entry["uses"])


def test_list_without_a_match(capsys: Captured) -> None:
    said = fails(["list", "lgm/quickstrat"], capsys)
    assert "nothing matches 'lgm/quickstrat'; did you mean 'lgm/quickstart'?" in said


@pytest.mark.parametrize("name", [*recipes.names(), *zoo.names(), "clip-rn50"])
def test_show(name: str, capsys: Captured) -> None:
    main.main(["show", name])
    said = capsys.readouterr().out
    assert said.startswith("#")
    if name in recipes.names():
        assert said == recipes.text(name)


def test_copy(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "mine.toml"
    main.main(["copy", "gram/ring-2d", str(path)])
    assert path.read_text() == recipes.text("gram/ring-2d")
    assert f"matchzoo run {path}" in capsys.readouterr().out
    assert recipes.load(str(path)) == recipes.load("gram/ring-2d")


def test_copy_a_card(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "card.toml"
    main.main(["copy", "efficientnet-lite0", str(path)])
    assert f"--projector.card {path}" in capsys.readouterr().out
    assert zoo.load(str(path)).features == 1280


@pytest.mark.parametrize(
    ("name", "file", "message"),
    [
        (
            "gram/ring-2",
            "x.toml",
            "unknown name 'gram/ring-2'; did you mean 'gram/ring-2d'? ('matchzoo list' shows all)",
        ),
        ("gram/ring-2d", "x", "x: expected a name that ends in .toml"),
        ("gram/ring-2d", "there.toml", "there.toml: already exists; give another name or remove it"),
        ("gram/ring-2d", "none/x.toml", "none: there is no such folder"),
        ("none.toml", "x.toml", "recipe 'none.toml': no such file"),
    ],
)
def test_copy_refuses(name: str, file: str, message: str, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "there.toml").write_text("precious")
    assert message in fails(["copy", name, str(tmp_path / file)], capsys)
    assert (tmp_path / "there.toml").read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["there.toml"]


def test_doctor(capsys: Captured) -> None:
    main.main(["doctor"])
    said = capsys.readouterr().out
    for part in (
        "matchzoo-torch",
        "torch",
        "device:",
        "backbone efficientnet-lite0: ",
        "data set cifar10: ",
        "matchzoo run lgm/quickstart",
    ):
        assert part in said


def test_doctor_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from matchzoo.cli import doctor

    monkeypatch.setattr(doctor, "packages_distributions", lambda: {"matchzoo": ["matchzoo-torch", "matchzoo-py"]})
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    said = "\n".join(doctor.lines(doctor.examine()))
    assert "WARNING: a package called matchzoo also comes with matchzoo-py. MatchZoo and matchzoo-py on" in said
    assert "pip uninstall matchzoo-py, then" in said
    assert "pip install scikit-learn" in said


# run


def test_run_and_open_again(mine: Path, tmp_path: Path, capsys: Captured) -> None:
    output = tmp_path / "out"
    words = ["run", str(mine), "--quiet", "--output", str(output), "--trainer.steps", "4", "--trainer.seed=7"]
    main.main(words)
    said = capsys.readouterr().out
    assert "high quality" in said
    assert "test data" in said
    assert str(output) in said
    recipe = Recipe.read(output / "recipe.toml")
    assert (recipe.trainer.steps, recipe.trainer.seed) == (4, 7)
    metrics = output / "metrics.json"
    assert json.loads(metrics.read_text())["steps"] == 4
    before = metrics.stat().st_mtime_ns
    main.main(words)
    assert capsys.readouterr().out == said
    assert metrics.stat().st_mtime_ns == before

    message = fails([*words[:-1], "--trainer.seed=8"], capsys)
    assert "holds a run of another recipe (trainer.seed is 7 there, 8 here); give another folder with" in message
    assert metrics.stat().st_mtime_ns == before


def test_run_writes_below_runs_by_default(mine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    main.main(["run", "--quiet", mine.name, "--trainer.steps", "1", "--evaluation"])
    assert (tmp_path / "runs" / "mine" / "metrics.json").is_file()


def test_fields(mine: Path, tmp_path: Path, capsys: Captured) -> None:
    main.main(["run", str(mine), "--fields", "--trainer.steps", "123", "--output", str(tmp_path / "out")])
    said = capsys.readouterr().out
    assert "--trainer.steps 123\n      int: Steps of training" in said
    assert "--players.projector.maximize.0.estimator.ridge 0.1" in said
    assert "--generator.kind noise\n      decoded | denoiser | flow | map | noise | pixels | proximal | pyramid" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lst"], "unknown command 'lst'; did you mean 'list'? ('matchzoo --help')"),
        (["--verson"], "unknown command '--verson'"),
        (["run"], "NAME"),
        (["run", "lgm/quikstart"], "unknown recipe 'lgm/quikstart'; did you mean 'lgm/quickstart'?"),
        (["run", "MINE", "--ouput", "x"], "--ouput: unknown option; did you mean '--output'?"),
        (["run", "MINE", "--quite"], "--quite: unknown option; did you mean '--quiet'?"),
        (["run", "MINE", "--quiet", "yes"], "unexpected 'yes' after --quiet, which takes no value"),
        (["run", "MINE", "more"], "more"),
        (["run", "MINE", "--output"], "output"),
        (["run", "MINE", "-z"], "-z"),
        (
            ["run", "MINE", "--trainer.stepz", "5"],
            "cannot be run:\n--trainer.stepz: unknown field; did you mean 'steps'?",
        ),
        (["run", "MINE", "--trainer.steps", "0"], "cannot be run:\ntrainer.steps: expected at least 1, got 0"),
        (["run", "MINE", "--nonsense", "5"], "--nonsense: unknown field; known: data, evaluation"),
        (["run", "MINE", "--trainer.device", "gpu"], "trainer.device: cannot use 'gpu' here"),
        (["show", "lgn"], "unknown name 'lgn'"),
        (["show", "none.toml"], "recipe 'none.toml': no such file"),
        (["show", "FOLDER"], "recipe 'FOLDER': is a folder; expected a .toml file"),
        (["show", "LATIN"], "not UTF-8 text"),
        (["show"], "NAME"),
        (["list", "a", "b"], "b"),
        (["doctor", "--fast"], "--fast"),
    ],
)
def test_mistakes(words: list[str], message: str, mine: Path, tmp_path: Path, capsys: Captured) -> None:
    paths = {"MINE": mine, "FOLDER": tmp_path / "folder.toml", "LATIN": tmp_path / "latin.toml"}
    paths["FOLDER"].mkdir()
    paths["LATIN"].write_bytes(b"# caf\xe9")
    words = [str(paths.get(word, word)) for word in words]
    if words[:2] == ["run", str(mine)] and "--output" not in words:
        words += ["--output", str(tmp_path / "out")]
    said = fails(words, capsys)
    assert message.replace("FOLDER", str(paths["FOLDER"])) in said


@pytest.mark.parametrize(
    ("line", "own", "overrides"),
    [
        ("x", "x", ""),
        ("--quiet x --fields", "--quiet x --fields", ""),
        ("x --output d --a.b 1 2 --quiet", "x --output d --quiet", "--a.b 1 2"),
        ("x --output=d --a=-1", "x --output=d", "--a=-1"),
        ("x --a.b -1 -2.5 -h", "x -h", "--a.b -1 -2.5"),
    ],
)
def test_words_are_told_apart(line: str, own: str, overrides: str) -> None:
    assert main.split_overrides(line.split(), (*usage.options_of("run"), "help")) == (own.split(), overrides.split())


def test_two_names_after_a_switch_are_refused() -> None:
    with pytest.raises(MatchZooError, match="unexpected 'y' after --fields"):
        main.split_overrides(["x", "--fields", "y"], ("fields",))


def test_tables_are_aligned() -> None:
    table = format_table([["method", "top-1"], ["lgm", "9.5"], ["random images", "10.0"]])
    assert table.split("\n") == [
        "method         top-1",
        "--------------------",
        "lgm              9.5",
        "random images   10.0",
    ]


# for programs


@pytest.mark.parametrize("words", [["list", "lgm/*"], ["doctor"], ["run", "MINE", "--fields"], ["plan", "MINE"]])
def test_json_is_one_document(words: list[str], mine: Path, capsys: Captured) -> None:
    main.main([*(str(mine) if word == "MINE" else word for word in words), "--json"])
    found = json.loads(capsys.readouterr().out)
    if words == ["doctor"]:
        assert found["packages"]["torch"] is not None
        assert {"cards", "devices", "cache", "quickstart", "recipes"} <= found.keys()
    elif "--fields" in words:
        assert {"field", "type", "value", "doc"} == found[0].keys()


def test_json_of_a_run_and_of_a_report(mine: Path, tmp_path: Path, capsys: Captured) -> None:
    output = tmp_path / "out"
    main.main(["run", str(mine), "--trainer.steps", "2", "--json", "--output", str(output)])
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert "training" in said.err
    assert found["results"] == json.loads((output / "metrics.json").read_text())["results"]
    assert (found["folder"], found["steps"]) == (str(output), 2)
    assert all(Path(path).is_file() for path in [found["page"], *found["pictures"]])
    main.main(["report", str(output), "--json", "--output", str(tmp_path / "report.json")])
    said = capsys.readouterr()
    assert json.loads(said.out) == json.loads((tmp_path / "report.json").read_text())
    assert "wrote" in said.err


def test_json_of_a_ratio(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "p.csv").write_text("\n".join(str(i / 10) for i in range(30)))
    (tmp_path / "q.csv").write_text("\n".join(str(i / 10) for i in range(10, 50)))
    main.main(["ratio", str(tmp_path / "p.csv"), str(tmp_path / "q.csv"), "--json"])
    assert json.loads(capsys.readouterr().out)["rows"] == [30, 40]


def test_every_command_is_in_the_help_and_its_function_says_what_it_does() -> None:
    described = re.findall(r"^  matchzoo (\S+) ", usage.USAGE, re.M)
    assert described == list(usage.COMMANDS)
    assert all(usage.function_of(command).__doc__ for command in usage.COMMANDS)


def test_the_completion_has_the_options_of_the_commands() -> None:
    from matchzoo.cli import completion

    found = completion.options()
    assert found["list"] == {"json": None}
    assert found["run"]["output"] == completion.FILES
    assert found["run"]["tracker"].startswith("tensorboard wandb trackio")
    assert {"trainer.steps", "classes", "samples", "json"} == set(found["plan"]) - {"trainer.seed", "trainer.device"}
    assert all(option in found[command] for command, option in completion.WORDS)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").touch()
    probe = """eval "$($1 -m matchzoo completion bash)"
    try() { COMP_WORDS=(matchzoo "$@"); COMP_CWORD=$#; _matchzoo 2>&1; echo "${COMPREPLY[*]}"; }
    complete -p matchzoo; try r; try run lgm/quicks; try run min; try run x --tracker ""; try show cifar10
    try run x --qu
    try doctor --fetch clip-rn; try completion ""; try ratio --method ru; try doctor --clear "" """
    done = subprocess.run(
        ["bash", "-c", probe, "bash", sys.executable], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "complete -F _matchzoo matchzoo",
        "run report ratio",
        "lgm/quickstart",
        "mine.toml",
        "tensorboard wandb trackio mlflow comet_ml aim clearml dvclive swanlab",
        "cifar10 cifar100",
        "--quiet",
        "clip-rn50",
        "bash zsh fish",
        "rulsif",
        "images features all",
    ]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_complete(shell: str, capsys: Captured) -> None:
    main.main(["completion", shell])
    said = capsys.readouterr().out
    assert all(
        word in said for word in (*usage.COMMANDS, "lgm/quickstart", "clip-rn50", "recipes, backbones, data sets")
    )
    assert not re.search("[@{]", said.replace("() {", "").replace("${", ""))
    if shutil.which(shell) is not None:
        subprocess.run([shell, "-n"], input=said, text=True, check=True, timeout=60)


# as a process


def test_light_doors() -> None:
    probe = (
        "import sys, matchzoo; assert not {'torch', 'timm'} & set(sys.modules)\n"
        "from matchzoo.cli.main import main; main(['--help']); main(['list']); main(['show', 'lgm/quickstart'])\n"
        "main(['completion', 'bash'])\n"
        "import contextlib, io\n"
        "for command in ('run', 'plan', 'show'):\n"
        "    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.suppress(SystemExit):\n"
        "        main([command, 'lgm/quikstart'])\n"
        "    assert 'did you mean' in said.getvalue(), command\n"
        "with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.suppress(SystemExit):\n"
        "    main(['evaluate', 'runs/a', '--from-scratch', 'convnt'])\n"
        "assert 'did you mean' in said.getvalue()\n"
        "heavy = {'torch', 'timm', 'torchvision', 'accelerate', 'numpy', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_users_mistake_is_one_line_and_code_2(tmp_path: Path) -> None:
    done = started.matchzoo("run", "none.toml", folder=tmp_path)
    assert done.communicate() == ("", "error: recipe 'none.toml': no such file\n")
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_run_as_a_process(mine: Path, tmp_path: Path) -> None:
    done = started.matchzoo("run", "mine.toml", "--trainer.steps", "2", folder=tmp_path)
    out, err = done.communicate()
    assert done.returncode == 0, err
    assert "Traceback" not in err
    assert "all in runs/mine" in out


EXIT_CODES = [
    (["list", "lgm/*"], 0, ""),
    (["--version"], 0, ""),
    (["run", "none.toml"], 2, "error: recipe 'none.toml': no such file"),
    (["lst"], 2, "did you mean 'list'?"),
    (["list", "--fast"], 2, "--fast"),
    (["copy"], 2, "NAME"),
    (["doctor", "--json", "--clear", "all"], 2, "--json: only without"),
    (["SIGINT"], 130, "stopped and saved at step 2"),
    (["SIGTERM"], 143, "stopped and saved at step 2"),
    (["SIGUSR1"], 0, "stopped and saved at step 2"),
]


@pytest.mark.parametrize(("words", "code", "message"), EXIT_CODES, ids=lambda value: str(value))
def test_exit_codes(
    words: list[str],
    code: int,
    message: str,
    mine: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    """Those that docs/runs.md promises; the signals arrive in a step."""
    if words[0].startswith("SIG"):
        if sys.platform == "win32":
            pytest.skip("Windows has no such signals")
        sent, plain = getattr(signal, words[0]), Training.step

        def step(self: Training, number: int) -> dict:
            if number == 2:
                os.kill(os.getpid(), sent)
            return plain(self, number)

        monkeypatch.setattr(Training, "step", step)
        words = ["run", str(mine), "--output", str(tmp_path / "out")]
    try:
        main.main(words)
        found = 0
    except SystemExit as stop:
        found = stop.code
    assert found == code
    assert message in capsys.readouterr().err


def test_a_defect_has_a_traceback_and_code_1() -> None:
    program = "from matchzoo.cli import catalogue, main; catalogue.entries = lambda pattern: 1 / 0; main.main(['list'])"
    done = started.python(program)
    assert "ZeroDivisionError" in done.communicate()[1]
    assert done.returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("variable", "colored"), [("X", True), ("NO_COLOR", False)])
def test_color_on_a_terminal_unless_told_not_to(variable: str, colored: bool) -> None:
    import pty

    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", variable: "1"}
    words = [sys.executable, "-m", "matchzoo", "list", "--help"]
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, env=environment) as running:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # how the end of a pseudo-terminal is read
            while piece := os.read(ours, 10_000):
                said += piece
    os.close(ours)
    assert running.returncode == 0
    assert b"usage: matchzoo list" in re.sub(rb"\x1b\[[0-9;]*m", b"", said)
    assert (b"\x1b[" in said) is colored
