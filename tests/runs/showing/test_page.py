"""The page of a run: whole, self-contained, escaped, and never the end of a run."""

import base64
import io
import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from PIL import Image

from matchzoo import recipes
from matchzoo.cli.main import main
from matchzoo.core.showing import figures, html
from matchzoo.recipes.recipe import Recipe
from matchzoo.runs.showing import page, pictures
from matchzoo.training.loop import Training

pytestmark = pytest.mark.usefixtures("drawn")
QUICK = [{"kind": "linear-probe", "protocol": "nearest-centroid", "baselines": [], "views": 1, "seeds": 1, "rows": 40}]
VOID = ("meta", "link", "img", "input", "br", "hr")
EVIL = "<script>alert('x')</script>"
URL = re.compile(r"url\s*\(\s*['\"]?([^'\")]*)|@import\s*(\S*)")


class Parsed(HTMLParser):
    """A page, read strictly: every tag closed in order, every attribute once."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), (tag, attributes)
        self.tags.append((tag, {k: v or "" for k, v in attributes}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def reloads(self) -> bool:
        return any(a.get("http-equiv") == "refresh" for a in self.of("meta"))

    @property
    def titles(self) -> list[str]:
        return self.texts.get("h2", [])


def read(path: Path) -> Parsed:
    """The page of a file, after the checks that every page must pass."""
    text = path.read_text(encoding="utf-8")
    parsed = Parsed(text)
    for tag, attributes in parsed.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster", "background", "xlink:href"):
            assert attributes.get(name, "#").startswith(("data:", "#")), (tag, name)
        assert not any(name.startswith("on") for name in attributes)
        assert not URL.search(attributes.get("style", ""))
    assert not URL.search("".join(parsed.texts["style"]))
    assert all(a["alt"] for a in parsed.of("img"))
    assert parsed.texts["script"] == [html.SCRIPT]
    assert len(parsed.of("h1")) == 1
    for attributes in parsed.of("img"):
        with Image.open(io.BytesIO(base64.b64decode(attributes["src"].split(",", 1)[1]))) as image:
            assert image.size == (int(attributes["width"]), int(attributes["height"]))
    return parsed


def cells(parsed: Parsed) -> list[str]:
    return parsed.texts["th"] + parsed.texts["td"]


@pytest.fixture
def quick(lgm: dict) -> Recipe:
    """A tiny distillation that takes little time: class means of pixels."""
    lgm["projector"] = {"kind": "identity"}
    lgm["players"]["generator"]["minimize"] = [
        {"kind": "statistic", "statistic": "class-means", "distance": "squared", "reference": "class-means"}
    ]
    del lgm["views"]
    lgm["evaluation"] = QUICK
    return Recipe.of(lgm)


def test_a_distillation_has_all_of_it_on_its_page(quick, tmp_path):
    quick = quick.replace(evaluation=[QUICK[0] | {"baselines": ["random", "full"], "random_draws": 2}])
    run = quick.run(tmp_path / "run", quiet=True, name="lgm", declared="lgm/tiny")
    assert run.page == tmp_path / "run/report.html"
    parsed = read(run.page)
    assert parsed.titles == ["Distilled images", "Growth", "Evaluation", "Curves", "Origin"]
    assert parsed.texts["h1"] == ["lgm/tiny"]
    assert not parsed.reloads
    assert not parsed.of("progress")
    rows = quick.evaluation[0].table(run.metrics["results"])
    assert sorted(filter(None, itertools.chain(*rows))) == sorted(cells(parsed))
    for name in ("recipe.toml", "environment.json"):
        assert (run.folder / name).read_text() in parsed.texts["pre"]
    frames = [a for a in parsed.of("div") if a.get("class") == "frame"]
    assert [a["data-name"] for a in frames] == ["step 4", "step 8", "step 9"]
    assert ["hidden" in a for a in frames] == [True, True, False]  # without scripts the last is seen
    assert parsed.of("input")[0].items() >= {"type": "range", "min": "0", "max": "2", "value": "2"}.items()
    assert parsed.texts["span"][:10] == list("0123456789")  # captions
    assert parsed.texts["dd"][0] == f"{rows[1][4]}"
    assert run.page.stat().st_size < 300_000


def test_points_have_a_page_too(ring, tmp_path):
    ring["trainer"]["snapshot_every"] = 5
    run = Recipe.of(ring).run(tmp_path / "run", quiet=True)
    parsed = read(run.page)
    assert parsed.titles == ["Growth", "Samples", "Evaluation", "Curves", "Origin"]
    assert parsed.texts["h1"] == ["run"]  # a recipe without a name: that of the folder
    assert parsed.texts["h3"] == ["As the projector sees them", "Mode coverage"]
    assert [a["data-name"] for a in parsed.of("div") if a.get("class") == "frame"] == ["step 5", "step 9"]


def test_chosen_images_have_a_page_without_training(lgm, tmp_path):
    lgm["generator"] = {"kind": "selection", "method": "random", "images_per_class": 2}
    lgm["trainer"] = {"steps": 0, "device": "cpu"}
    lgm["evaluation"] = QUICK
    del lgm["players"]
    run = Recipe.of(lgm).run(tmp_path, quiet=True)
    parsed = read(run.page)
    assert parsed.titles == ["Chosen images", "Evaluation", "Origin"]
    assert "training" not in parsed.texts["dt"]


def test_several_spaces_give_a_matrix(lgm, tmp_path):
    lgm["projectors"] = {"one": lgm["projector"], "two": lgm.pop("projector")}
    term = lgm["players"]["generator"]["minimize"][0]
    lgm["players"]["generator"]["minimize"] = [term | {"space": "one"}, term | {"space": "two"}]
    lgm["evaluation"] = [QUICK[0] | {"baselines": ["random"], "random_draws": 2}]
    lgm["trainer"]["steps"] = 1
    run = Recipe.of(lgm).run(tmp_path, quiet=True)
    parsed = read(run.page)
    assert parsed.texts["h3"] == ["Linear probe", "Methods on backbones"]
    names = list(dict.fromkeys(r["backbone"] for r in run.metrics["results"]))
    heads = parsed.texts["th"]
    start = heads.index("top-1 %", heads.index("top-1 %") + 1)
    assert heads[start : start + 5] == ["top-1 %", *names, run.metrics["results"][0]["method"], "random"]


def test_what_people_wrote_is_shown_and_never_run(quick, tmp_path, monkeypatch):
    from matchzoo.data.images.digits import Digits

    plain = Digits.build

    def build(self, seed):
        import attrs

        return attrs.evolve(plain(self, seed), class_names=(EVIL, '"><img src=x>', r"$\foo$", *"3456789"))

    monkeypatch.setattr(Digits, "build", build)
    run = quick.run(tmp_path / "a&b<i>", quiet=True, name=EVIL, declared=f"mine/{EVIL}")
    parsed = read(run.page)
    assert parsed.texts["h1"] == [f"mine/{EVIL}"]
    assert EVIL in parsed.texts["th"]
    assert parsed.texts["span"][:2] == [EVIL, '"><img src=x>']
    assert EVIL in parsed.of("img")[0]["alt"]
    assert EVIL not in run.page.read_text()
    assert html.escape("a\ud800'") == "a?&#x27;"


def test_a_page_on_the_way_says_so_and_the_last_one_does_not(quick, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "INTERVAL", 0.0)
    monkeypatch.setattr(page, "SHARE", 0)
    seen = []
    plain = page.RunPage.write

    def write(self, *arguments):
        assert plain(self, *arguments)
        seen.append(read(self.folder / "report.html"))
        return True

    monkeypatch.setattr(page.RunPage, "write", write)
    quick.run(tmp_path, quiet=True)
    assert [parsed.reloads for parsed in seen] == [True, True, True, False]
    assert seen[0].titles == ["Growth", "Curves", "Origin"]
    assert [p.of("progress")[0]["value"] for p in seen[:3]] == ["4", "8", "9"]
    assert "step 4 of 9" in seen[0].texts["p"][1]
    assert not seen[0].of("input")  # one frame needs no slider


def test_a_run_of_less_than_a_minute_writes_its_page_once(quick, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(page.RunPage, "write", lambda self, step, *_: calls.append(step))
    run = quick.run(tmp_path, quiet=True)
    assert calls == [9]
    assert run.page is None


def test_a_resumed_run_writes_its_page_again_and_a_finished_one_keeps_it(quick, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "INTERVAL", 0.0)
    monkeypatch.setattr(page, "SHARE", 0)
    plain = Training.step

    def step(self, number):
        if number == 9:
            raise KeyboardInterrupt
        return plain(self, number)

    with monkeypatch.context() as context:
        context.setattr(Training, "step", step)
        with pytest.raises(KeyboardInterrupt):
            quick.run(tmp_path, quiet=True)
    assert read(tmp_path / "report.html").reloads
    quick.run(tmp_path, quiet=True)
    parsed = read(tmp_path / "report.html")
    assert not parsed.reloads
    assert "2 sessions" in parsed.texts["p"][0]
    before = (tmp_path / "report.html").read_bytes()
    quick.run(tmp_path, quiet=True)
    assert (tmp_path / "report.html").read_bytes() == before


@pytest.mark.parametrize("error", [OSError("disk\nfull"), RuntimeError("no font")])
def test_a_page_that_fails_is_a_note_and_not_the_end(error, ring, ring_recipe, tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise error

    monkeypatch.setattr(page.RunPage, "_text", fail)
    monkeypatch.setattr(page, "INTERVAL", 0.0)
    ring["trainer"]["snapshot_every"] = 9
    run = Recipe.of(ring).run(tmp_path, quiet=True)
    assert recipes.open(tmp_path).metrics["steps"] == 9
    assert run.page is None
    lines = capsys.readouterr().err.splitlines()
    assert [line.startswith("note: report.html was not written (") for line in lines] == [True, True]


def test_pages_change_no_number(quick, ring, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "write", lambda *_: None)
    ring["trainer"]["snapshot_every"] = 5
    recipes = {"lgm": quick, "ring": Recipe.of(ring)}
    for name, recipe in recipes.items():
        recipe.run(tmp_path / name / "plain", quiet=True)
    monkeypatch.setattr(page, "INTERVAL", 0.0)
    monkeypatch.setattr(page, "SHARE", 0)
    for name, recipe in recipes.items():
        torch.manual_seed(5)
        state = torch.get_rng_state()
        run = recipe.run(tmp_path / name / "pages", quiet=True)
        assert torch.equal(torch.get_rng_state(), state)
        for file in ("metrics.jsonl", "parts.safetensors"):
            assert (run.folder / file).read_bytes() == (tmp_path / name / "plain" / file).read_bytes()


def test_the_page_is_bounded_however_many_snapshots_there_are(quick, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "FRAMES", 4)
    run = quick.replace(**{"trainer.snapshot_every": 1, "evaluation": []}).run(tmp_path, quiet=True)
    frames = [a["data-name"] for a in read(run.page).of("div") if a.get("class") == "frame"]
    assert len(frames) == 4
    assert (frames[0], frames[-1]) == ("step 1", "step 9")
    monkeypatch.undo()
    noise = (255 * torch.rand(figures.COLUMNS, 3, 224, 224)).to(torch.uint8)
    assert 4 / 3 * page.FRAMES * len(page.strip(noise)) < 3e6


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 12), (3, 224, 100)])
def test_a_strip_holds_its_images(shape):
    images = torch.randint(0, 256, (3, *shape), dtype=torch.uint8)
    with Image.open(io.BytesIO(page.strip(images))) as opened:
        pixels = torch.tensor(list(opened.convert("RGBA").tobytes())).reshape(opened.height, opened.width, 4)
    cell = opened.width // 3
    assert opened.width == 3 * cell
    assert max(opened.height, cell) <= page.SIDE + 6
    if max(shape) <= page.SIDE:  # as they are
        for number, image in enumerate(images):
            own = pixels[:, number * cell : (number + 1) * cell]
            shown = own[:, own[0, :, 3] > 0, :3].permute(2, 0, 1)
            assert torch.equal(shown, image.expand(3, -1, -1).long())


def test_the_command_says_where_the_page_is(ring, tmp_path, capsys):
    from matchzoo.core.declaration.toml import write_toml

    (tmp_path / "mine.toml").write_text(write_toml(ring))
    main(["run", str(tmp_path / "mine.toml"), "--output", str(tmp_path / "run"), "--quiet"])
    assert f"page: {tmp_path / 'run/report.html'}" in capsys.readouterr().out.splitlines()
    session = json.loads((tmp_path / "run/environment.json").read_text())["sessions"][0]
    assert session["recipe"] == "mine"
    assert read(tmp_path / "run/report.html").texts["h1"] == ["mine"]
