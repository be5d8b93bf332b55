"""What the documentation's hooks make: pages of the zoo from its cards, and formulas as MathML."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from matchzoo import zoo

sys.path.insert(0, str(Path(__file__).parents[2] / "docs/hooks"))
import zoo_pages


def rows_of(text: str) -> dict[str, dict[str, str]]:
    """The rows of a page's table by card."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    heads, rest = lines[0], lines[2:]
    assert all(len(row) <= len(heads) for row in rest)
    return {row[0].strip("`"): dict(zip(heads, row, strict=False)) for row in rest}


@pytest.mark.parametrize("folder", zoo.FOLDERS)
def test_every_card_has_a_row(folder: str) -> None:
    rows = rows_of(zoo_pages.text(folder))
    assert sorted(rows) == sorted(zoo.short_name(full) for full in zoo.names(f"{folder}/*"))


def test_a_row_has_the_facts_of_its_card() -> None:
    for name, row in rows_of(zoo_pages.text("backbones")).items():
        card = zoo.load(f"backbones/{name}", zoo.BackboneCard)
        assert row["features"] == str(card.features)
        assert row["license of the weights"] == card.license
        assert str(card.size) in row["pixels a side"]
        assert row["run by us"] == ("unverified" if card.verified is None else "verified")
    digits = rows_of(zoo_pages.text("datasets"))["digits"]
    assert (digits["classes"], digits["training"], digits["test"]) == ("10", "899", "898")
    distilled = rows_of(zoo_pages.text("distilled"))["digits-lgm-efficientnet-lite0-ipc1"]
    assert (distilled["top-1 %"], distilled["made by"]) == ("78.4", "`matchzoo run lgm/quickstart`")


def test_a_cell_stays_in_its_table() -> None:
    assert zoo_pages.cell("a | b\n  c") == "a \\| b c"


def test_formulas_become_mathml() -> None:
    pytest.importorskip("latex2mathml", reason="the docs extra is not installed")
    import maths

    page = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    line, own = r'<span class="arithmatex">\(a &lt; b\)</span>', r'<div class="arithmatex">\[Z^{\mathsf T}\]</div>'
    made = ElementTree.fromstring(f"<div>{maths.on_page_content(f'<p>{line}</p>{own}', page=page)}</div>")
    inline, block = made.iter("{http://www.w3.org/1998/Math/MathML}math")
    assert (inline.get("display"), block.get("display")) == ("inline", "block")
    assert "".join(inline.itertext()) == "a<b"
    assert made.find("div").get("class") == "formula"


def test_formulas_are_what_browsers_share() -> None:
    pytest.importorskip("latex2mathml", reason="the docs extra is not installed")
    import maths

    formula = maths.mathml(r"\mathbb E \operatorname{tr} W^{\mathsf T} \mathbb R")
    assert "mathvariant" not in formula
    assert all(f"<mi>{name}</mi>" in formula for name in ("𝔼", "tr", "𝖳", "ℝ"))


def test_numbers_of_a_table_stay_together() -> None:
    pytest.importorskip("latex2mathml", reason="the docs extra is not installed")
    import maths

    page = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    html = "<td>1 ± 2</td> <code>1 ± 2</code>"
    assert maths.on_page_content(html, page=page) == "<td>1\u00a0±\u00a02</td> <code>1 ± 2</code>"


def test_every_method_is_in_the_gallery() -> None:
    docs = Path(__file__).parents[2] / "docs"
    gallery, site = (docs / "gallery.md").read_text("utf-8"), (docs.parent / "mkdocs.yml").read_text("utf-8")
    pages = re.findall(r"[\w-]+\.md", site.split("- Methods:")[1].split("- Explanation:")[0])
    cards = re.findall(r"\[!\[[^\]]+\]\(([\w./-]+)\)\]\(([\w-]+\.md)\)", gallery)
    assert ["gallery.md", *(page for _, page in cards)] == pages
    assert all((docs / picture).is_file() for picture, _ in cards)


def test_a_notebook_of_a_page() -> None:
    import notebooks

    page = """# A page

Read [that](../install.md#python) first.

```python
print(1)
```

```bash
# needs the Hub
matchzoo push x y
```

```python title="mine.py"
two = 2
```

```bash
ls
```
"""
    book = notebooks.notebook(page, ["1", "", "", "mine.py"], "https://example.org/tutorials/")
    kinds, sources = zip(*((cell["cell_type"], "".join(cell["source"])) for cell in book["cells"]), strict=True)
    assert kinds == ("markdown", "code", "markdown", "code", "code")
    assert "[that](https://example.org/install/#python)" in sources[0]
    assert sources[1:] == (
        "print(1)",
        "```bash\n# needs the Hub\nmatchzoo push x y\n```",
        "%%writefile mine.py\ntwo = 2",
        "%%bash\nls",
    )
    assert book["cells"][1]["outputs"][0]["text"] == ["1"]
    assert "Read that first" in "".join(notebooks.notebook(page, [""] * 4)["cells"][0]["source"])


def test_a_formula_that_cannot_be_read_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("latex2mathml", reason="the docs extra is not installed")
    import maths

    page = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    html = r'<span class="arithmatex">\(x^2^3\)</span>'
    assert maths.on_page_content(html, page=page) == html
    assert "a.md" in caplog.text


def test_a_formula_that_is_not_found_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("latex2mathml", reason="the docs extra is not installed")
    import maths

    page = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    maths.on_page_content(r"<p>$\alpha $</p>", page=page)
    assert "a.md" in caplog.text
    caplog.clear()
    maths.on_page_content(r"<p><code>$\alpha$</code> for $5</p>", page=page)
    assert caplog.text == ""


def test_a_command_that_would_be_shown_as_it_is_written_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("latex2mathml", reason="the docs extra is not installed")
    import maths

    page = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    maths.on_page_content(r'<span class="arithmatex">\(\Bigl\langle x \Bigr\rangle\)</span>', page=page)
    assert r"would show \langle" in caplog.text
    maths.on_page_content(r'<span class="arithmatex">\(k = \arg\max x\)</span>', page=page)
    assert r"would show \arg" in caplog.text
    caplog.clear()
    maths.on_page_content(r'<span class="arithmatex">\(\langle x \rangle\)</span>', page=page)
    assert caplog.text == ""
