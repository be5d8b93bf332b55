"""What a notebook shows of runs and sets is whole, escaped and small; a bar is drawn although there is no terminal."""

import base64
import io
import re
import sys
import types

import torch
from PIL import Image

from matchzoo.core.showing import notebook, progress
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.recipes.recipe import Recipe

PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')


def pictures(html: str) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in PICTURE.findall(html)]


def test_a_set_shows_every_image_with_its_class():
    images = torch.stack([torch.full((3, 8, 8), value) for value in (0.0, 0.5, 1.0)])
    made = DistilledDataset(images, torch.tensor([1, 0, 1]), ("<b>cat</b>", "dog"))
    html = made._repr_html_()
    assert "<b>cat" not in html
    assert re.findall("<figcaption>(.*?)</figcaption>", html) == ["&lt;b&gt;cat&lt;/b&gt;", "dog", "dog"]
    assert [picture.getpixel((0, 0)) for picture in pictures(html)] == [(128,) * 3, (0,) * 3, (255,) * 3]
    assert "3 images of 8x8 pixels" in html
    assert repr(made).startswith("<DistilledDataset: 3 images of 8x8 pixels")
    assert len(repr(made)) < 200


def test_a_large_set_shows_some_of_each_class_and_says_so():
    labels = torch.arange(30).repeat_interleave(2).flip(0)
    made = DistilledDataset(torch.rand(60, 1, 200, 100), labels, tuple(map(str, range(30))))
    html = made._repr_html_()
    shown = pictures(html)
    assert len(shown) == notebook.MOST
    assert shown[0].size == (48, 96)
    assert f"{notebook.MOST} of the 60 images are shown" in html
    names = re.findall("<figcaption>(.*?)</figcaption>", html)
    assert set(names) == set(map(str, range(30)))
    assert names == sorted(names, key=int)


def test_probabilities_show_the_most_probable_class():
    made = DistilledDataset(torch.rand(2, 3, 4, 4), torch.tensor([[0.1, 0.9], [0.8, 0.2]]), ("a", "b"))
    assert re.findall("<figcaption>(.*?)</figcaption>", made._repr_html_()) == ["a", "b"]


def test_a_run_shows_its_images_and_its_tables(lgm: dict, tmp_path):
    run = Recipe.of(lgm).run(tmp_path / "run", quiet=True)
    html = run._repr_html_()
    assert len(pictures(html)) == 10
    assert "<th" in html
    assert "centroid" in html
    assert str(run.page) in html
    assert repr(run) == f"<Run {tmp_path / 'run'}: 9 steps, {len(run.metrics['results'])} results>"


def test_a_run_without_a_set_shows_its_samples(ring: dict, tmp_path):
    html = Recipe.of(ring).run(tmp_path / "ring", quiet=True)._repr_html_()
    assert len(pictures(html)) == 1
    assert "modes" in html


def test_a_bar_in_a_notebook(monkeypatch, capsys):
    assert not progress.in_notebook()
    kernel = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    assert progress.in_notebook()
    monkeypatch.setattr(progress.importlib.util, "find_spec", lambda name: None)  # its widgets are not installed
    with progress.Progress(3, "training", "steps") as shown:
        assert shown.bar is None
        shown.update(3, {"loss": 0.5})
    assert "training: 3/3 steps" in capsys.readouterr().err
    monkeypatch.setattr(progress.importlib.util, "find_spec", lambda name: name)
    assert progress.draws_bars()
    shell = types.SimpleNamespace(get_ipython=lambda: None)
    monkeypatch.setitem(sys.modules, "IPython", shell)
    assert not progress.in_notebook()
