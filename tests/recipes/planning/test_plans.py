"""What a plan says is what a step takes: operations by hand and as torch counts them, memory as autograd keeps it."""

import copy
import json
import shlex
import sys
from pathlib import Path

import attrs
import pytest
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from matchzoo import recipes
from matchzoo.cli import main
from matchzoo.core.declaration.overrides import flags, override
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.matchers import Matcher
from matchzoo.matchers.statistics.gradients.head_gradient import BLOCK
from matchzoo.recipes.planning import plan, plans
from matchzoo.recipes.planning.costs import Clock, flops_of, peak_of
from matchzoo.recipes.planning.estimate import ACTIVATIONS, TERMS
from matchzoo.recipes.planning.estimator import Estimator, state_share
from matchzoo.recipes.planning.stand_ins import generator_size, known, made_up_weights
from matchzoo.recipes.planning.terms import Made, term_costs
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.engine import Engine
from matchzoo.training.loop import Training
from matchzoo.training.optimizers import SGD, Adam, Optimizer, RMSprop
from matchzoo.training.players import Player
from matchzoo.training.updates.chunking import automatic, rows_that_fit


def of(table: dict, **changes: object) -> Recipe:
    return structure(copy.deepcopy(table), Recipe).replace(**changes)


def estimator(recipe: Recipe, room: int = 10**12) -> Estimator:
    with made_up_weights(recipe) as light:
        return Estimator(recipe, light, known(recipe), recipe.engine(), room)


def real(recipe: Recipe) -> Training:
    """Its training, as far as the generator has grown at the end."""
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    training.prepare(quiet=True)
    training.step(recipe.trainer.steps)
    return training


def saved(training: Training) -> int:
    """Bytes that autograd keeps of the features of all rows, each storage once, parameters left out."""
    side = training.sets(training.groups[0], Step(training.trainer.steps, 0), 0)["synthetic"]
    training._let_move(set(training.parts.players[training.groups[0][0]].moves))
    known = {t.data_ptr() for m in training.parts.names.values() for t in (*m.parameters(), *m.buffers())}
    found: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in known:
            found[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        features = side.features()
    total = sum(tensor.untyped_storage().nbytes() for tensor in found.values())
    del features
    return total


# operations


def test_operations_of_networks_by_hand(ring: dict) -> None:
    ring["players"]["projector"]["maximize"] = [{"kind": "mmd", "bandwidths": [1.0]}]
    ring["trainer"]["schedule"] = ["projector", "generator"]
    learning, moving = estimator(of(ring)).turns
    generator, projector = 2 * (3 * 8 + 8 * 2), 2 * (2 * 8 + 8 * 4)
    assert moving.sets["synthetic"].rows.forward == learning.sets["synthetic"].rows.forward == generator + projector
    assert learning.sets["real"].rows.forward == moving.sets["real"].rows.forward == projector
    # the way back: to every input (of the first layer only where it has a gradient) and to the weights that move
    assert learning.sets["real"].rows.backward == projector + 2 * 8 * 4
    assert moving.sets["synthetic"].rows.backward == projector + generator + 2 * 8 * 2
    assert moving.sets["real"].rows.backward == 0


def test_operations_of_a_head_gradient_by_hand() -> None:
    n, m, c, d = 6, 50, 5, 16
    table = {"kind": "statistic", "statistic": "head-gradient", "distance": "cosine"}
    player = Player(moves=("generator",), minimize=(structure(table, Matcher),))
    (term,) = player.terms
    term.statistic.classes = c
    engine = Engine(torch.device("cpu"), torch.float32)
    ours = Made("synthetic", "projector", ("generator",), n, d, torch.float32, c, moves=True)

    def cost(rows: int, **fields: object) -> object:
        theirs = Made("real", "projector", ("projector",), rows, d, torch.float32, c, stored=True, **fields)
        return term_costs({"a": player}, {id(term): (theirs, ours)}, {"a": []}, engine)

    small = cost(m)
    # logits and residuals times features of both sides; back to the features twice, and to the residuals
    assert small.flops == 4 * m * c * d + (4 + 6) * n * c * d
    assert small.seconds > 0
    large = cost(10**6)  # never made
    assert large.flops == 4 * 10**6 * c * d + 10 * n * c * d
    assert large.seconds is None
    assert 4 * BLOCK < large.peak < 24 * BLOCK  # in blocks of rows


@pytest.mark.parametrize("chunk", ["auto", 7])
@pytest.mark.parametrize("reference", ["cache", "online", "class-means"])
def test_operations_of_a_step_are_those_that_torch_counts(lgm: dict, chunk: object, reference: str) -> None:
    lgm["players"]["generator"]["minimize"][0]["reference"] = reference
    recipe = of(lgm, **{"trainer.chunk": chunk})
    training = real(recipe)
    with FlopCounterMode(display=False) as counter:
        training.step(recipe.trainer.steps)
    assert plan(recipe, alternatives=False).flops == pytest.approx(counter.get_total_flops(), rel=0.01)


@pytest.mark.parametrize(("chunk", "count"), [("auto", 50), (7, 50), ("auto", 4)])
def test_a_real_batch_of_its_own_counts(lgm: dict, chunk: object, count: int) -> None:
    lgm["players"]["generator"]["minimize"][0]["reference"] = "online"
    recipe = of(lgm, **{"trainer.chunk": chunk, "trainer.real_batch": count})
    training = real(recipe)
    with FlopCounterMode(display=False) as counter:
        training.step(recipe.trainer.steps)
    planned = plan(recipe, alternatives=False)
    assert planned.flops == pytest.approx(counter.get_total_flops(), rel=0.01)
    assert planned.about["step"].endswith(f", {count} real ones")
    assert planned.estimate.chunk == training.chunk


@pytest.mark.parametrize("count", [5, 40])
def test_a_real_batch_that_has_a_graph_counts(ring: dict, count: int) -> None:
    recipe = of(ring, **{"trainer.real_batch": count})
    training = real(recipe)
    counted = flops_of(lambda: training.step(recipe.trainer.steps))
    assert plan(recipe, alternatives=False).flops == pytest.approx(counted, rel=0.1)


@pytest.mark.parametrize("sharpness", [0.0, 0.1])
@pytest.mark.parametrize("schedule", [[["projector", "generator"]], ["2*projector", "generator"]])
def test_every_turn_counts(ring: dict, schedule: list, sharpness: float) -> None:
    ring["trainer"]["schedule"] = schedule
    ring["players"]["projector"]["sharpness"] = sharpness
    recipe = of(ring)
    training = real(recipe)
    counted = flops_of(lambda: training.step(recipe.trainer.steps))
    planned = plan(recipe, alternatives=False)
    assert planned.flops == pytest.approx(counted, rel=0.1)  # the real side has no gradient in turns of the generator
    numbers = sum(p.numel() for part in training.parts.names.values() for p in part.parameters())
    assert planned.memory["optimizer state"] == 2 * 4 * numbers
    assert ("evaluated twice an update" in planned.about["projector"]) == (sharpness > 0)


def test_half_a_chunk_halves_activations_and_adds_half_a_forward(lgm: dict) -> None:
    found = estimator(of(lgm))
    whole, half = (found.estimate(of(lgm, **{"trainer.chunk": rows})) for rows in (20, 10))
    assert half.memory[ACTIVATIONS] == pytest.approx(whole.memory[ACTIVATIONS] / 2, rel=0.02)
    assert half.flops - whole.flops == 10 * found.turns[0].sets["synthetic"].rows.forward
    assert half.fixed == whole.fixed
    assert half.least == whole.least
    assert whole.bytes == sum(whole.memory.values()) == whole.fixed + whole.memory[ACTIVATIONS] + whole.terms
    assert half.bytes == half.fixed + half.memory[ACTIVATIONS] + max(half.terms, half.held)
    assert whole.run_flops == 9 * whole.flops + whole.cache_flops
    assert whole.cache_flops == 899 * found.turns[0].sets["synthetic"].rows.forward


# memory


def test_activations_are_what_autograd_keeps(lgm: dict) -> None:
    recipe = of(lgm)
    planned = plan(recipe, alternatives=False)
    assert planned.estimate.chunk == planned.estimate.rows == 20
    assert planned.memory[ACTIVATIONS] == pytest.approx(saved(real(recipe)), rel=0.1)


def test_memory_of_a_step_is_what_it_takes(lgm: dict) -> None:
    for chunk in ("auto", 5):
        recipe = of(lgm, **{"trainer.chunk": chunk})
        training = real(recipe)
        memory = plan(recipe, alternatives=False).memory
        took = peak_of(lambda training=training: training.step(9))
        assert sum(memory[k] for k in (ACTIVATIONS, TERMS, "gradients")) == pytest.approx(took, rel=0.15)
        state = [t for one in training.optimizers.values() for s in one.state.values() for t in s.values() if t.ndim]
        assert memory["optimizer state"] == sum(t.nbytes for t in state)
        generator = training.parts.generator
        assert memory["gradients"] == sum(p.nbytes for p in generator.parameters())
        projector = training.parts.projector
        assert memory["networks"] == sum(t.nbytes for t in (*projector.parameters(), *projector.buffers()))
        assert memory["stored real features"] == next(iter(training.stored.features.values())).values.nbytes


@pytest.mark.parametrize(
    ("reference", "count", "size"),
    [
        ("online", 0, 0),
        ({"kind": "cache", "copies": 3}, 3 * 899, 4),
        ({"kind": "cache", "float16": True}, 899, 2),
        ({"kind": "class-means", "copies": 2}, 10, 4),
    ],
)
def test_stored_features(lgm: dict, reference: object, count: int, size: int) -> None:
    lgm["players"]["generator"]["minimize"][0]["reference"] = reference
    assert plan(of(lgm), alternatives=False).memory["stored real features"] == count * 256 * size


def test_features_that_stay_on_disk_take_no_memory(lgm: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHZOO_MEMORY", "0.5")
    planned = plan(of(lgm), alternatives=False)
    assert planned.memory["stored real features"] == 0
    assert planned.memory["real samples"] == 2 * 899 * 3 * 64 - 3 * 64  # 8 px, small enough


@pytest.mark.parametrize(
    ("optimizer", "share"), [(Adam(), 2), (RMSprop(), 1), (SGD(), 0), (SGD(momentum=0.9), 1)], ids=str
)
def test_optimizer_state(lgm: dict, optimizer: Optimizer, share: float) -> None:
    assert state_share(attrs.evolve(of(lgm).players["generator"], optimizer=optimizer)) == share


@pytest.mark.parametrize("each", [1, 3])
@pytest.mark.parametrize(
    "generator",
    [
        {"kind": "pyramid", "grow_every": 2},
        {"kind": "pyramid", "grow_every": 100, "soft_labels": "learned"},
        {"kind": "pixels", "size": 12, "soft_labels": "probe"},
    ],
    ids=lambda g: f"{g['kind']}-{g.get('soft_labels')}",
)
def test_few_images_tell_of_all(lgm: dict, generator: dict, each: int) -> None:
    recipe = of({**lgm, "generator": {**generator, "images_per_class": each}})
    size = generator_size(recipe, known(recipe).spec)
    parts = recipe.build()
    parts.generator.before_step(Step(9, 0))
    assert size.samples == parts.generator.count == 10 * each
    assert size.parameters == sum(p.numel() for p in parts.generator.parameters())
    assert size.rest == sum(b.numel() for b in parts.generator.buffers())


def test_a_chunk_is_the_one_that_the_run_will_choose(lgm: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = of(lgm)
    found = estimator(recipe)
    side = found._drawn("synthetic", ("projector",), found.engine)
    for rows in (9.5, 5.5, 0.1, 19.5, 1e6):
        room = int(rows * found.each(found.turns))
        monkeypatch.setattr(Engine, "free", lambda self, room=room: room)
        each = found.each(found.turns)
        for real, twice in ((0, False), (20, True), (50, False), (50, True), (7, True)):
            assert rows_that_fit(20, real, twice, each, room) == automatic(side, found.engine, real, twice)


# whether it fits


def test_verdicts(lgm: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = of(lgm, **{"trainer.chunk": 20})
    need = plan(recipe, alternatives=False).estimate
    bare = need.fixed + max(need.terms, need.held)

    def with_memory(room: float, available: float) -> object:
        monkeypatch.setattr(Engine, "free", lambda self: int(room))
        monkeypatch.setattr(plans, "available_to", lambda engine: int(available))
        return plan(recipe, alternatives=False)

    fits = with_memory(2 * need.bytes, 4 * need.bytes)
    assert fits.fits
    assert fits.verdict.startswith("fits: ")
    tight = with_memory(bare + need.memory[ACTIVATIONS] / 2, 1.1 * need.bytes)
    assert tight.fits
    assert tight.verdict.startswith("tight: ")
    assert tight.largest_chunk in (9, 10)
    assert f"--trainer.chunk {tight.largest_chunk} stays within" in tight.verdict
    smaller = recipe.replace(**{"trainer.chunk": tight.largest_chunk})
    assert plan(smaller, alternatives=False).estimate.bytes <= tight.room
    over = with_memory(bare + need.memory[ACTIVATIONS] / 2, 0.9 * need.bytes)
    assert not over.fits
    assert "--trainer.chunk" in over.verdict
    never = with_memory(bare / 4, bare / 2)
    assert not never.fits
    assert "does not fit, with chunks of any size: " in never.verdict
    assert "stored real features alone take 921 kB" in never.verdict


def test_what_cannot_be_computed_in_parts(ring: dict) -> None:
    ring["projector"]["network"]["norm"] = "batch"
    planned = plan(of(ring))
    assert planned.estimate.chunk == planned.estimate.rows == 16
    assert "since the projector has batch norm" in planned.text()
    assert not any("chunk" in one.change for one in planned.alternatives)
    with pytest.raises(MatchZooError, match=r"trainer\.chunk: a batch cannot be computed in parts, since the projec"):
        plan(of(ring, **{"trainer.chunk": 3}))
    mlp = {"kind": "mlp", "widths": [8]}
    ring["projector"] = {"kind": "auto-encoder", "features": 4, "encoder": mlp, "decoder": mlp}
    ring["players"]["projector"]["minimize"] = [{"kind": "reconstruction", "weight": 8.0}]
    recipe = of(ring)
    training = real(recipe)
    counted = flops_of(lambda: training.step(9))
    assert plan(recipe, alternatives=False).flops == pytest.approx(counted, rel=0.1)


def test_time_is_a_part_for_every_call_and_one_for_every_row() -> None:
    clock = Clock.of(2, 1.2, 12, 2.2)
    assert clock.of_rows(12, 12) == pytest.approx(2.2)
    assert clock.of_rows(4, 2) == pytest.approx(2.4)
    assert Clock.of(2, 1.0, 2, 1.0).of_rows(6, 6) == pytest.approx(3.0)
    assert Clock.of(2, 1.0, 8, 0.9).of_rows(8, 8) == pytest.approx(0.9)  # noise: never less than nothing a row


# what is not here


def test_weights_that_are_not_here(lgm: dict, tiny_card: Path, tmp_path: Path) -> None:
    card = tmp_path / "absent.toml"
    away = 'weights = { kind = "hub", repo = "nobody/nothing", file = "model.safetensors", revision = "main" }'
    card.write_text(tiny_card.read_text().replace('weights = "random"', away))
    here, absent = plan(of(lgm)), plan(of(lgm, **{"projector.card": str(card)}))
    assert absent.memory == here.memory
    assert absent.flops == here.flops
    assert "not here yet" in absent.about
    assert "nobody/nothing" in absent.text()
    assert "made-up weights" in absent.text()
    assert "not here yet" not in here.about
    card.write_text(card.read_text() + "multiple = 7\n")
    with pytest.raises(MatchZooError, match=r"absent\.toml takes images whose sides are multiples of 7") as caught:
        plan(of(lgm, **{"projector.card": str(card)}))
    assert str(card) in str(caught.value)


def test_a_thousand_classes_that_are_not_here(lgm: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["matchzoo.matchers.statistics.gradients.head_gradient"], "BLOCK", 2**23)
    lgm["data"] = {"kind": "imagenet", "path": str(tmp_path / "none"), "size": 16}
    lgm["generator"] = {"kind": "pyramid", "size": 256, "grow_every": 1}
    lgm["views"] = {"copies": 1, "size": 16, "preset": "paper"}
    planned = plan(of(lgm))
    levels = sum(3 * side * side for side in (1, 2, 4, 8, 16, 32, 64, 128, 256))
    assert planned.memory["gradients"] == 1000 * levels * 4
    assert planned.estimate.rows == 1000
    assert planned.memory["real samples"] == (1_281_167 + 50_000) * 3 * 16 * 16  # larger ones stay on disk
    assert planned.estimate.cache_flops > 1_281_167 * 1000
    assert "as the card imagenet-1k says" in planned.about["data"]
    means = next(one for one in planned.alternatives if one.change.endswith("class-means"))
    assert means.memory["stored real features"] == 1000 * 256 * 4
    assert means.flops < planned.flops / 20
    assert planned.estimate.terms < 200e6  # the head takes rows in blocks
    birds = of(lgm, **{"data.subset": "birds"})
    with pytest.raises(MatchZooError, match="--samples: missing; the real side is stored"):
        plan(birds)
    assert "10 classes, 13000 training" in plan(birds, samples=13_000, alternatives=False).about["data"]


def test_data_that_no_card_describes(lgm: dict, tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "pictures"
    lgm["data"] = {"kind": "image-folder", "path": str(folder), "size": 8, "sampling": "balanced"}
    recipe = of(lgm)
    with pytest.raises(MatchZooError, match=r"there is no folder .*; or say what there will be: --classes N --samp"):
        plan(recipe)
    with pytest.raises(MatchZooError, match="--classes: missing"):
        plan(recipe, samples=50)
    said = plan(recipe, classes=3, samples=50, alternatives=False)
    assert said.about["data"] == "3 classes, 50 training samples of 3x8x8, as you say"
    for name in ("a", "b", "c"):
        (folder / name).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (9, 9), (40 * number, 0, 0)).save(folder / name / f"{number}.png")
    before = sorted(cache.rglob("*"))
    found = plan(recipe)
    assert "3 classes, 12 training samples of 3x8x8, as they are here" in found.about["data"]
    assert found.memory["real samples"] == 15 * 3 * 64
    assert sorted(cache.rglob("*")) == before
    with pytest.raises(MatchZooError, match=r"data\.repo: a plan fetches nothing; say what nobody/photos has"):
        plan(of({**lgm, "data": {"kind": "hub", "repo": "nobody/photos"}}))
    shifted = {"kind": "shifted", "source": {"kind": "hub", "repo": "nobody/photos", "size": 8}, "shifts": ["inverted"]}
    with pytest.raises(MatchZooError, match=r"data\.repo: a plan fetches nothing; say what nobody/photos has"):
        plan(of({**lgm, "data": shifted}))
    said = plan(of({**lgm, "data": shifted}), classes=3, samples=50, alternatives=False)
    assert said.about["data"] == "3 classes, 50 training samples of 3x8x8, as you say"


def test_sizes_and_shares(lgm: dict) -> None:
    lgm["data"] = {"kind": "torchvision", "dataset": "Flowers102"}
    with pytest.raises(MatchZooError, match=r"data\.size: missing; say how many pixels a side: --data\.size N"):
        plan(of(lgm))
    lgm["data"] = {"kind": "digits", "size": 8, "test_share": 0.25}
    assert "1348 training samples" in plan(of(lgm), alternatives=False).about["data"]
    lgm["data"] = {"kind": "torchvision", "dataset": "CIFAR10"}
    assert "50000 training samples of 3x32x32" in plan(of(lgm), alternatives=False).about["data"]


def test_a_recipe_that_trains_nothing(lgm: dict) -> None:
    table = {**lgm, "generator": {"kind": "selection", "method": "random"}, "trainer": {"steps": 0, "device": "cpu"}}
    del table["players"]
    with pytest.raises(MatchZooError, match=r"trainer\.steps: is 0, so nothing is trained"):
        plan(of(table))


# the command


@pytest.mark.parametrize("other", ["cache", "class-means"])
def test_a_stored_real_side_is_not_computed_again(lgm: dict, other: str) -> None:
    lgm["players"]["generator"]["minimize"][0]["reference"] = "online"
    planned = plan(of(lgm))
    stored = next(one for one in planned.alternatives if one.change.endswith(f"reference {other}"))
    again = plan(of(lgm, **{"players.generator.minimize.0.reference": other}), alternatives=False)
    assert stored.flops == again.flops
    assert stored.memory == again.memory
    assert stored.cache_flops == pytest.approx(again.estimate.cache_flops)


def test_samples_themselves_are_not_to_be_stored(lgm: dict) -> None:
    """A cache of the identity's features would save nothing, and make a network's gradient one of all real samples."""
    recipe = recipes.load("dsa/digits").replace(**{"trainer.device": "cpu", "trainer.real_batch": 10})
    planned = plan(recipe.replace(**{"projectors.network.network": {"kind": "convnet", "width": 4}}))
    assert planned.alternatives
    assert not any("reference" in one.change for one in planned.alternatives)


def test_alternatives_are_as_the_command_line_takes_them(lgm: dict) -> None:
    lgm["generator"]["images_per_class"] = 2
    planned = plan(of(lgm))
    changes = [one.change for one in planned.alternatives if "precision" not in one.change]
    reference = "--players.generator.minimize.0.reference"
    assert changes == [
        "--trainer.chunk 20",
        "--trainer.chunk 10",
        "--trainer.chunk 1",
        "--views.copies 1",
        "--generator.images_per_class 1",
        f"{reference} '{{kind = \"cache\", float16 = true}}'",
        f"{reference} class-means",
    ]
    for change, one in zip(changes, planned.alternatives, strict=False):
        changed = Recipe.of(override(of(lgm).table(), Recipe, flags(shlex.split(change))))
        assert plan(changed, alternatives=False).memory == pytest.approx(one.memory, rel=0.03)
        assert plan(changed, alternatives=False).flops == pytest.approx(one.flops, rel=0.03)
    by_name = {one.change: one for one in planned.alternatives}
    assert by_name["--views.copies 1"].rows == planned.estimate.rows / 2
    assert by_name["--generator.images_per_class 1"].samples == 10
    assert by_name["--trainer.chunk 1"].memory[ACTIVATIONS] < planned.memory[ACTIVATIONS] / 30


@pytest.mark.parametrize(
    ("term", "offered"),
    [
        ({"kind": "statistic", "statistic": "head-gradient", "distance": "cosine"}, True),
        ({"kind": "statistic", "statistic": "class-means", "distance": "squared"}, True),
        ({"kind": "mmd", "kernel": "polynomial"}, False),
    ],
    ids=str,
)
def test_half_precision_is_offered_to_terms_that_save_by_it(lgm: dict, term: dict, offered: bool) -> None:
    """It can be planned for every term, with the copy that the others get."""
    lgm["players"]["generator"]["minimize"] = [{**term, "reference": "cache"}]
    assert any("float16 = true" in one.change for one in plan(of(lgm)).alternatives) is offered
    memory = {}
    for half in (False, True):
        lgm["players"]["generator"]["minimize"] = [{**term, "reference": {"kind": "cache", "float16": half}}]
        memory[half] = plan(of(lgm), alternatives=False).memory
    copied = 899 * 256 * 4
    assert memory[True]["stored real features"] == memory[False]["stored real features"] - copied / 2
    if not offered:
        assert memory[True][TERMS] >= copied


def test_the_command_prints(lgm: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(write_toml(lgm))
    main.main(["plan", "mine.toml", "--trainer.chunk", "6", "--views.copies=3"])
    said = capsys.readouterr().out
    for words in (
        "10 synthetic samples x 3 views = 30 rows",
        "6 rows keep a graph at once: as the recipe says",
        "fits: ",
    ):
        assert words in said
    main.main(["plan", "mine.toml", "--json", "--classes", "7", "--samples", "70"])
    record = json.loads(capsys.readouterr().out)
    assert record["fits"] is True
    assert record["rows"] == 14
    assert record["bytes"] == sum(record["memory"].values())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lgm/quikstart"], "unknown recipe 'lgm/quikstart'; did you mean 'lgm/quickstart'?"),
        (
            ["lgm/quickstart", "--trainer.stepz", "5"],
            "lgm/quickstart cannot be planned:\n--trainer.stepz: unknown field",
        ),
        (["lgm/quickstart", "--jsn"], "--jsn: unknown option; did you mean '--json'?"),
        (["lgm/quickstart", "--trainer.device", "gpu"], "trainer.device: cannot use 'gpu' here"),
        (["lgm/quickstart", "--projector.card", "efficientnet"], "unknown backbone 'efficientnet'"),
    ],
)
def test_mistakes(words: list[str], message: str, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main.main(["plan", *words])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
