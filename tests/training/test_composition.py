"""Several spaces in one recipe: sums of terms, each space's own real side, declarations, and what is made of a run."""

import copy
import json
import shlex
import tomllib
from pathlib import Path

import pytest
import torch
from helpers.recipe_paths import at, changed
from helpers.resuming import Stop, assert_same, stop_after
from helpers.tables import TINY_CARD
from safetensors.torch import load_file

from matchzoo import recipes
from matchzoo.cli import catalogue, main
from matchzoo.core.declaration.overrides import describe
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.step import Step
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders.card import text as page
from matchzoo.matchers.distance import cosine_distance
from matchzoo.matchers.gan import critic_loss, generator_loss
from matchzoo.matchers.mmd import mmd2
from matchzoo.matchers.statistics.gradients.head_gradient import head_gradient
from matchzoo.recipes.comparison import evaluate, report
from matchzoo.recipes.comparison.evaluated_set import made_with
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.published_parts import model_of_run
from matchzoo.runs.run import Run
from matchzoo.training.loop import Training

TERM = {"kind": "statistic", "statistic": "head-gradient", "distance": "cosine", "reference": "cache"}
QUICK = {"kind": "linear-probe", "protocol": "nearest-centroid", "baselines": ["random", "full"], "random_draws": 2}
MLP = {"kind": "mlp", "widths": [8]}


@pytest.fixture(scope="module")
def cards(tiny_card: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Two tiny networks with random weights, of other architectures, feature sizes and normalizations."""
    other = tmp_path_factory.mktemp("cards") / "small.toml"
    own = TINY_CARD.replace("test_vit", "test_resnet").replace("= 64", "= 96")
    other.write_text(own + "mean = [0.1, 0.2, 0.3]\nstd = [0.5, 0.25, 0.125]\n")
    return {"wide": str(tiny_card), "narrow": str(other)}


@pytest.fixture
def joint(lgm: dict, cards: dict[str, str]) -> dict:
    """The table of a tiny distillation for both."""
    del lgm["projector"]
    lgm["projectors"] = {name: {"kind": "backbone", "card": card} for name, card in cards.items()}
    terms = [{**TERM, "space": "wide"}, {**TERM, "space": "narrow", "weight": 0.5}]
    lgm["players"]["generator"]["minimize"] = terms
    lgm["evaluation"] = [QUICK]
    return lgm


def alone(table: dict, space: str) -> dict:
    """The same recipe with one of its spaces."""
    made = copy.deepcopy(table)
    made["projector"] = made.pop("projectors")[space]
    terms = made["players"]["generator"]["minimize"]
    made["players"]["generator"]["minimize"] = [
        {k: v for k, v in term.items() if k != "space"} for term in terms if term["space"] == space
    ]
    return made


def training(table: dict, **trainer: object) -> Training:
    made = copy.deepcopy(table)
    made["trainer"] |= {"precision": "float64", **trainer}
    recipe = structure(made, Recipe)
    engine = recipe.engine()
    found = Training(recipe.build(engine), recipe.trainer, engine)
    found.prepare(quiet=True)
    return found


def first_step(made: Training, player: str = "generator") -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Values of the terms of a player at step 1, and the gradients of its parameters."""
    made._let_move(set(made.parts.players[player].moves))
    step = Step(1, 0)
    values, gradients = made.gradients({player: made.parts.players[player]}, made.sets((player,), step, 0), step)
    return values[player], gradients[player]


# what is computed


def test_values_and_gradients_are_those_of_both_terms_by_hand(joint: dict) -> None:
    made = training(joint)
    values, [gradient] = first_step(made)
    parts, step = made.parts, Step(1, 0)
    plan = parts.views.draw(20, step.rng("views", 0))
    images = parts.generator.render(torch.arange(10))
    seen = parts.views.apply(images.values.repeat_interleave(2, 0), plan)
    labels = images.labels.repeat_interleave(2)
    split = parts.data.training_set
    expected = []
    for backbone in parts.projectors.values():
        features = backbone.network((seen - backbone.mean) / backbone.std)
        with torch.no_grad():
            real = backbone.network((split.all().values.double() - backbone.mean) / backbone.std)
        weight = 0.01 * torch.randn(10, features.shape[1], generator=step.rng("head"))  # drawn in float32
        pair = [head_gradient(z, y, weight, torch.zeros(10)) for z, y in ((features, labels), (real, split.labels))]
        expected.append(cosine_distance(*pair))
    assert [value.item() for value in values] == [pytest.approx(one.item(), rel=1e-9) for one in expected]
    by_hand = torch.autograd.grad(expected[0] + 0.5 * expected[1], list(parts.generator.parameters()))[0]
    assert by_hand.abs().max() > 1e-4
    torch.testing.assert_close(gradient, by_hand, rtol=1e-8, atol=1e-12)


def test_it_is_the_sum_of_two_runs(joint: dict) -> None:
    values, [gradient] = first_step(training(joint))
    found = [first_step(training(alone(joint, space))) for space in ("wide", "narrow")]
    for value, (single, _) in zip(values, found, strict=True):
        torch.testing.assert_close(value, single[0], rtol=1e-12, atol=0)
    torch.testing.assert_close(gradient, found[0][1][0] + found[1][1][0], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("reference", ["cache", "online"])
def test_chunks_give_the_gradient_of_one_graph(joint: dict, reference: str) -> None:
    for term in joint["players"]["generator"]["minimize"]:
        term["reference"] = reference
    values, [whole] = first_step(training(joint, chunk=1000))
    for chunk in (1, 7):
        others, [gradient] = first_step(training(joint, chunk=chunk))
        torch.testing.assert_close(others, values, rtol=1e-12, atol=0)
        torch.testing.assert_close(gradient, whole, rtol=1e-10, atol=1e-14)


def test_each_space_stores_its_own_real_side(joint: dict) -> None:
    joint["players"]["generator"]["minimize"][1]["reference"] = "class-means"
    made = training(joint)
    shapes = {space: found.values.shape for (space, _), found in made.stored.features.items()}
    assert shapes == {"wide": (899, 256), "narrow": (10, 96)}
    [features] = training(alone(joint, "wide")).stored.features.values()
    [means] = training(alone(joint, "narrow")).stored.features.values()
    for found, expected in zip(made.stored.features.values(), (features, means), strict=True):
        assert torch.equal(found.values, expected.values)


def test_terms_of_one_space_and_reference_share_what_is_stored(joint: dict) -> None:
    terms = joint["players"]["generator"]["minimize"]
    terms += [{**TERM, "space": "wide", "weight": 2.0}, {**TERM, "space": "wide", "reference": "class-means"}]
    made = training(joint)
    assert [(space, len(found)) for (space, _), found in made.stored.features.items()] == [
        ("wide", 899),
        ("wide", 10),
        ("narrow", 899),
    ]
    values, _ = first_step(made)
    assert torch.equal(values[0], values[2])


@pytest.mark.parametrize("how", ["signal", "crash"])
def test_a_stopped_run_ends_as_one_never_stopped(joint: dict, how: str, tmp_path: Path, monkeypatch) -> None:
    joint["trainer"]["checkpoint_every"] = 3
    recipe = structure(joint, Recipe)
    recipe.run(tmp_path / "whole", quiet=True)
    with monkeypatch.context() as context:
        stop_after(context, 5, how)
        with pytest.raises(SystemExit if how == "signal" else Stop):
            recipe.run(tmp_path / "stopped", quiet=True)
    recipe.run(tmp_path / "stopped", quiet=True)
    assert_same(tmp_path / "whole", tmp_path / "stopped")
    environment = json.loads((tmp_path / "stopped/environment.json").read_text())["sessions"][-1]
    assert list(environment["projectors"]) == ["wide", "narrow"]


# a critic beside a frozen backbone


@pytest.fixture
def adversarial(lgm: dict, cards: dict[str, str]) -> dict:
    """A GAN on digits whose generator is also drawn to the data in the space of a backbone."""
    mmd = {"kind": "mmd", "bandwidths": [1.0], "weight": 3.0, "space": "frozen"}
    return {
        "data": {"kind": "digits", "size": 8},
        "generator": {"kind": "noise", "dimension": 3, "network": {**MLP, "output": "sigmoid"}},
        "projectors": {
            "critic": {"kind": "learned", "features": 1, "network": MLP},
            "frozen": {"kind": "backbone", "card": cards["narrow"]},
        },
        "players": {
            "critic": {"moves": ["critic"], "minimize": [{"kind": "gan", "side": "critic", "space": "critic"}]},
            "generator": {
                "moves": ["generator"],
                "minimize": [{"kind": "gan", "side": "generator", "space": "critic"}, mmd],
            },
        },
        "trainer": {"steps": 6, "batch": 12, "schedule": [["critic"], ["generator"]], "device": "cpu"},
    }


@pytest.mark.parametrize("chunk", [100, 5])
def test_a_learned_space_beside_a_frozen_one_by_hand(adversarial: dict, chunk: int) -> None:
    made = training(adversarial, chunk=chunk)
    parts, step = made.parts, Step(1, 0)
    critic, frozen = parts.projectors.values()
    generator = copy.deepcopy(parts.generator)
    before = [p.detach().clone() for p in critic.parameters()]

    def pair(turn: int) -> tuple[torch.Tensor, torch.Tensor]:
        real = parts.data.render(parts.data.draw(12, step.rng("data", turn))).values.double()
        return real, generator.render(generator.draw(12, step.rng("generator", turn))).values

    first = critic_loss(*(critic.project(x).flatten() for x in pair(0)), "non-saturating").item()
    fixed = [p.clone() for p in frozen.parameters()]
    values = made.step(1)
    assert values["critic/minimize[0]"].item() == pytest.approx(first, rel=1e-12)
    assert not any(torch.equal(a, b) for a, b in zip(before, critic.parameters(), strict=True) if a.ndim > 1)
    assert all(torch.equal(a, b) for a, b in zip(fixed, frozen.parameters(), strict=True))
    # the generator's turn came after the critic's step
    real, fake = pair(1)
    gan = generator_loss(critic.project(fake).flatten(), "non-saturating")
    mmd = mmd2(frozen.project(real), frozen.project(fake), [1.0])
    assert values["generator/minimize[0]"].item() == pytest.approx(gan.item(), rel=1e-10)
    assert values["generator/minimize[1]"].item() == pytest.approx(mmd.item(), rel=1e-10)
    optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3)
    (gan + 3 * mmd).backward()
    optimizer.step()
    for found, expected in zip(parts.generator.parameters(), generator.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-8)


def test_the_state_of_a_learned_space_is_kept_and_a_frozen_one_is_not(adversarial: dict, tmp_path: Path) -> None:
    made = training(adversarial)
    made.step(1)
    parts = {key.split("/")[0] for key in made.state()}
    assert parts == {"generator", "critic", "optimizers"}
    again = training(adversarial)
    again.load(1, {key: tensor.clone() for key, tensor in made.state().items()})
    assert {k: v.item() for k, v in again.step(2).items()} == {k: v.item() for k, v in made.step(2).items()}
    assert all(torch.equal(v, made.state()[k]) for k, v in again.state().items())
    adversarial["trainer"]["snapshot_every"] = 3
    run = structure(adversarial, Recipe).run(tmp_path / "run", quiet=True)
    assert run.generator.sample(4).values.shape == (4, 3, 8, 8)


def test_parts_of_several_spaces_as_models(
    adversarial: dict, finished: Run, cards: dict[str, str], tmp_path: Path
) -> None:
    adversarial["trainer"]["steps"] = 2
    adversarial["projectors"] = dict(reversed(adversarial["projectors"].items()))  # the frozen one comes first
    run = structure(adversarial, Recipe).run(tmp_path / "run", quiet=True)
    critic = model_of_run(run, "projector")
    moved = load_file(run.folder / "parts.safetensors")
    assert critic.tensors.keys() == {key.removeprefix("critic/") for key in moved if key.startswith("critic/")}
    assert critic.part.project(torch.rand(3, 3, 8, 8)).shape == (3, 1)
    assert [one["card"] for one in model_of_run(run, "generator").backbones] == [cards["narrow"]]
    probe = model_of_run(finished, "probe")
    assert [one["card"] for one in probe.backbones] == [cards["wide"]]
    assert probe.part.weight.shape == (10, 256)
    critics = {**adversarial["players"]["critic"], "moves": ["critic", "second"]}
    adversarial["projectors"]["second"] = copy.deepcopy(adversarial["projectors"]["critic"])
    adversarial["players"]["critic"] = critics | {
        "minimize": [{"kind": "gan", "side": "critic", "space": space} for space in ("critic", "second")]
    }
    run = structure(adversarial, Recipe).run(tmp_path / "two", quiet=True)
    with pytest.raises(MatchZooError, match="several projectors; expected one of critic, second, got 'projector'"):
        model_of_run(run, "projector")


def test_learned_spaces_start_differently(adversarial: dict) -> None:
    adversarial["projectors"]["second"] = copy.deepcopy(adversarial["projectors"]["critic"])
    parts = structure(adversarial, Recipe).build()
    first, second = (parts.projectors[name].network.state_dict() for name in ("critic", "second"))
    assert not any(torch.equal(first[key], second[key]) for key in first if key.endswith("weight"))


# declarations


def refused(table: dict, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        training(table)


def test_a_term_says_its_space(joint: dict) -> None:
    term = joint["players"]["generator"]["minimize"][1]
    term["space"] = "narow"
    refused(joint, r"players\.generator\.minimize\[1\]\.space: unknown projector 'narow'; did you mean 'narrow'\?")
    del term["space"]
    refused(joint, r"players\.generator\.minimize\[1\]\.space: missing; expected one of wide, narrow")
    del joint["projectors"]["narrow"]  # the only one need not be said
    assert set(training(joint).step(1)) == {"generator/minimize[0]", "generator/minimize[1]"}


def test_a_space_of_the_only_projector_goes_by_its_name(lgm: dict) -> None:
    lgm["players"]["generator"]["minimize"][0]["space"] = "projector"
    structure(lgm, Recipe)
    lgm["players"]["generator"]["minimize"][0]["space"] = "backbone"
    refused(lgm, r"minimize\[0\]\.space: unknown projector 'backbone'; known: projector")


def test_one_or_several_not_both(joint: dict) -> None:
    for projector in ("identity", joint["projectors"]["wide"]):
        refused({**joint, "projector": projector}, "projectors: expected either projector or projectors, got both")


@pytest.mark.parametrize("name", ["generator", "projector", "optimizers", "2nd", "a.b", "a b", "é", ""])
def test_names_that_are_refused(joint: dict, name: str) -> None:
    joint["projectors"] = {name: joint["projectors"]["wide"], "narrow": joint["projectors"]["narrow"]}
    joint["players"]["generator"]["minimize"][0]["space"] = name
    refused(joint, "expected a name of letters, digits, - and _, but not generator, projector, optimizers")


def test_players_move_projectors_by_their_names(joint: dict, adversarial: dict) -> None:
    player = joint["players"]["generator"]
    player["moves"] = ["generator", "wide"]
    refused(joint, r"players\.generator\.moves: the wide has no parameters to move")
    player["moves"] = ["generator", "projector"]
    refused(joint, r"players\.generator\.moves: unknown part 'projector'; known: generator, narrow, wide")
    adversarial["players"]["critic"]["moves"] = ["criitc"]
    refused(adversarial, "unknown part 'criitc'; did you mean 'critic'")
    adversarial["players"]["critic"]["moves"] = ["critic"]
    adversarial["players"]["critic"]["minimize"][0]["reference"] = "cache"
    refused(adversarial, r"players\.critic\.minimize\[0\]: the real side cannot be computed once: the critic moves")


def test_what_a_projector_refuses_names_it(joint: dict, adversarial: dict, tmp_path: Path) -> None:
    fixed = tmp_path / "fixed.toml"
    fixed.write_text(TINY_CARD + "fixed = true\n")
    for projector in joint["projectors"].values():
        projector["card"] = str(fixed)
    refused(joint, rf"projectors\.wide\.card: {fixed} .*\nprojectors\.narrow\.card: {fixed} takes .*; set views\.size")
    adversarial["projectors"]["critic"]["features"] = 2
    refused(adversarial, r"projectors\.critic\.features: .* got 2; set projectors\.critic\.features = 1")
    adversarial["data"] = {"kind": "ring", "points": 50}
    refused(adversarial, r"projectors\.frozen: a backbone takes images of 3 channels")


def test_toml_has_a_section_for_each_and_comes_back(joint: dict, adversarial: dict) -> None:
    for table in (joint, adversarial):
        recipe = structure(table, Recipe)
        text = recipe.to_toml()
        assert Recipe.of(tomllib.loads(text)) == recipe
        assert list(Recipe.of(tomllib.loads(text)).spaces) == list(recipe.spaces)
        assert all(f"\n[projectors.{name}]\nkind = " in text for name in table["projectors"])
        assert "projector = " not in text
    assert text.count("    {kind = ") == 2  # a line for each term of the generator
    joint["projectors"] = {"wide": joint["projectors"]["wide"], "raw": "identity"}
    joint["players"]["generator"]["minimize"][1]["space"] = "raw"
    recipe = structure(joint, Recipe)
    assert Recipe.of(tomllib.loads(recipe.to_toml())) == recipe
    assert '[projectors.raw]\nkind = "identity"' in recipe.to_toml()


def test_one_projector_is_written_as_before(lgm_recipe: Recipe, ring: dict) -> None:
    assert "projectors" not in lgm_recipe.to_toml()
    del ring["projector"], ring["players"]["projector"]
    recipe = structure(ring, Recipe)
    assert "projector" not in recipe.to_toml()
    assert list(recipe.spaces) == ["projector"]
    assert structure({**ring, "projector": "identity"}, Recipe).build().spec == recipe.build().spec


def test_overrides_by_name(joint: dict, tiny_card: Path) -> None:
    recipe = changed(joint, f"--projectors.narrow.card {tiny_card} --projectors.wide.normalization imagenet")
    assert at(recipe, "projectors.narrow.card") == str(tiny_card)
    assert at(recipe, "projectors.wide.normalization") == "imagenet"
    replaced = structure(joint, Recipe).replace(**{"projectors.narrow.card": str(tiny_card)})
    assert at(replaced, "projectors.narrow.card") == str(tiny_card)
    said = {path: value for path, _, value, _ in describe(recipe)}
    assert said["projectors.narrow.card"] == str(tiny_card)
    assert said["projector"] == "none"
    for line, message in (
        ("--projectors.narow.card x", r"projectors\.narow: there is none; did you mean 'narrow'\?"),
        ("--projectors.narrow.crd x", r"projectors\.narrow\.crd: unknown field of 'backbone'; did you mean 'card'\?"),
        ("--projector.card x", r"it has several: --projectors\.wide\.card, --projectors\.narrow\.card"),
        ("--projector.kind backbone --projector.card x", "expected either projector or projectors, got both"),
    ):
        with pytest.raises(DeclarationError, match=message):
            changed(joint, line)


def test_one_space_becomes_several_in_python(lgm_recipe: Recipe, joint: dict) -> None:
    terms = joint["players"]["generator"]["minimize"]
    changes = {"projector": None, "players.generator.minimize": terms, "evaluation": joint["evaluation"]}
    made = lgm_recipe.replace(projectors=joint["projectors"], **changes)
    assert made == structure(joint, Recipe)


# what is made of a run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, cards: dict[str, str]) -> Run:
    from helpers.tables import LGM

    table = copy.deepcopy(LGM)
    del table["projector"]
    table["projectors"] = {name: {"kind": "backbone", "card": card} for name, card in cards.items()}
    table["players"]["generator"]["minimize"] = [{**TERM, "space": "wide"}, {**TERM, "space": "narrow"}]
    table["evaluation"] = [QUICK]
    return structure(table, Recipe).run(tmp_path_factory.mktemp("finished") / "joint", quiet=True, name="lgm")


def test_the_probe_has_a_group_of_records_for_each_space(finished: Run, cards: dict[str, str]) -> None:
    records = finished.metrics["results"]
    wanted = [(space, method) for space in cards for method in ("lgm", "random", "full")]
    assert [(record["space"], record["method"]) for record in records] == wanted
    assert [record["backbone"] for record in records] == [cards[space] for space, _ in wanted]
    for own, *others in (records[:3], records[3:]):
        assert "above" not in own
        for other in others:
            assert other["above"] == pytest.approx(own["top1_mean"] - other["top1_mean"])
    matrix = evaluate([finished], list(cards.values()), protocols=["nearest-centroid"], device="cpu", quiet=True)
    for own in (records[0], records[3]):
        assert matrix.record("joint", own["backbone"])["top1_mean"] == pytest.approx(own["top1_mean"])
    assert matrix.table()[1][1] == "tiny + small"
    table = finished.recipe.evaluation[0].table(records)
    assert len(table) == 7
    assert (finished.folder / "pictures/distilled.png").is_file()


def test_the_set_names_every_backbone(finished: Run, cards: dict[str, str]) -> None:
    distilled = DistilledDataset.load(finished.folder / "distilled")
    assert [one["card"] for one in distilled.backbones] == list(cards.values())
    own = distilled.preprocessing["normalization"]["backbones"]
    assert own["narrow"] == {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.25, 0.125]}
    assert set(own) == {"wide", "narrow"}
    assert "digits, distilled with tiny, small\n" in page(distilled)
    assert "--backbone tiny small\n" in page(distilled, "you/digits")


def test_runs_are_reported_in_each_space(finished: Run, tmp_path: Path) -> None:
    table = finished.recipe.table()
    for space in ("wide", "narrow"):
        single = copy.deepcopy(table)
        single["generator"] = {"kind": "selection", "method": "random", "images_per_class": 1}
        single["projector"] = single.pop("projectors")[space]
        single["players"], single["trainer"] = {}, {"steps": 0, "device": "cpu"}
        single["evaluation"][0]["baselines"] = []
        Recipe.of(single).run(tmp_path / space, quiet=True, name="random")
    made = report([finished.folder, tmp_path / "wide", tmp_path / "narrow"])
    rows = made.rows
    assert [(row["space"], row["made_in"]) for row in rows] == [
        ("tiny", "tiny + small"),
        ("small", "tiny + small"),
        ("tiny", "tiny"),
        ("small", "small"),
    ]
    random = [record for record in finished.metrics["results"] if record["method"] == "random"]
    for row, record in zip(rows[:2], random, strict=True):
        assert row["random_mean"] == pytest.approx(record["top1_mean"])
    assert made.table()[1][2] == "tiny (made for tiny + small)"
    made.save(tmp_path / "report.png")
    assert (tmp_path / "report.png").is_file()


def test_random_is_that_of_the_same_space(finished: Run, tmp_path: Path) -> None:
    """A run without a baseline of its own is compared with draws in the space that its row is of."""
    table = finished.recipe.table()
    table["evaluation"][0]["baselines"] = []
    own = Recipe.of(table).run(tmp_path / "own", quiet=True, name="lgm")
    table["generator"] = {"kind": "selection", "method": "random", "images_per_class": 1}
    table["players"], table["trainer"] = {}, {"steps": 0, "device": "cpu"}
    drawn = Recipe.of(table).run(tmp_path / "drawn", quiet=True, name="random")
    rows = report([own, drawn]).rows
    for row, record in zip(rows[:2], drawn.metrics["results"], strict=True):
        assert row["random_mean"] == pytest.approx(record["top1_mean"])
    assert made_with(drawn.recipe) == "random"


def test_same_cards_are_told_apart(joint: dict) -> None:
    from matchzoo.evaluation.linear_probe import space_names

    joint["projectors"]["narrow"] = {**joint["projectors"]["wide"], "normalization": "imagenet"}
    recipe = structure(joint, Recipe)
    card = joint["projectors"]["wide"]["card"]
    assert list(space_names(recipe.spaces).values()) == [f"{card} (wide)", f"{card} (narrow)"]


# the command line


def test_commands_know_all_backbones(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    [entry] = catalogue.entries("lgm/imagenet-100-joint")
    wanted = ("clip-vit-b16", "dinov2-vit-b14", "eva02-b14", "mocov3-vit-b16")
    assert [name for name in entry.uses if name.startswith("backbone ")] == [f"backbone {name}" for name in wanted]
    [entry] = catalogue.entries("lgm/joint")
    assert list(entry.uses) == ["data set digits", "backbone efficientnet-lite0", "backbone mobilenetv2"]
    assert entry.here == (not any(entry.uses.values()))
    main.main(["show", "lgm/joint"])
    assert capsys.readouterr().out == recipes.text("lgm/joint")
    main.main(["copy", "lgm/joint", str(tmp_path / "mine.toml")])
    assert recipes.load(str(tmp_path / "mine.toml")) == recipes.load("lgm/joint")
    capsys.readouterr()
    main.main(["run", "lgm/joint", "--fields"])
    assert "--projectors.mobilenet.card mobilenetv2\n" in capsys.readouterr().out


def test_a_run_from_the_command_line(joint: dict, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "joint.toml").write_text(structure(joint, Recipe).to_toml())
    line = f"run {tmp_path / 'joint.toml'} --trainer.steps 1 --output {tmp_path / 'run'} --quiet"
    main.main(shlex.split(line))
    said = capsys.readouterr().out
    assert said.count("\nrandom ") == 2
    with pytest.raises(SystemExit):
        main.main(shlex.split(line.replace("--quiet", "--projectors.narow.card x")))
    assert "did you mean 'narrow'" in capsys.readouterr().err


def test_missing_weights_are_said_with_the_card(joint: dict) -> None:
    joint["projectors"]["narrow"]["card"] = "resnet99"
    with pytest.raises(MatchZooError, match="resnet99"):
        structure(joint, Recipe).build()
