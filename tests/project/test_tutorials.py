"""What needs the Hub on tutorials meets our own; all other blocks of theirs are run by the build of the documentation,
which ends where one fails."""

import re
import sys
from pathlib import Path

import pytest
from helpers.hub_server import TOKEN, HubServer

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS / "hooks"))

import tutorials  # noqa: E402

PAGES = [page for page in sorted((DOCS / "tutorials").glob("*.md")) if "# needs the Hub" in page.read_text("utf-8")]


@pytest.fixture
def server():
    hub = HubServer()
    yield hub
    hub.close()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_run(page: Path, tmp_path: Path, server: HubServer) -> None:
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    account = {"HF_ENDPOINT": server.url, "HF_TOKEN": TOKEN, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    text = page.read_text(encoding="utf-8")
    short = text.replace("--trainer.steps 60", "--trainer.steps 7").replace("rows 200", "rows 40")
    assert short != text
    printed = tutorials.execute(short, work, ["the Hub"], HF_HUB_OFFLINE="0", **account)
    assert any(printed)
    assert any("commit" in request for request in server.requests)
    links = re.findall(r"\]\(([^)#]+)", text)
    assert any(link.endswith(".png") for link in links)
    for link in links:
        assert (work / link).is_file() or (page.parent / link).is_file(), f"{link}: no block of {page.name} makes it"


def test_what_a_page_shows(tmp_path: Path) -> None:
    page = """
```python title="mine.py"
two = 2
```
```python
import mine

print(mine.two)
```
```bash
# needs a GPU
false
```
```bash
# needs luck
echo lucky
```
```bash
python -c 'import mine; print(mine.two + 1)'
```
```text
nothing to run
```
"""
    printed = tutorials.execute(page, tmp_path, ["luck"])
    assert printed == ["", "2", "", "lucky", "3", ""]
    shown = tutorials.with_outputs(page, printed)
    assert shown.count('```text title="prints"') == 3
    assert 'print(mine.two)\n```\n\n```text title="prints"\n2\n```\n' in shown


@pytest.mark.parametrize("block", ["```python\n1 / 0\n```", "```bash\nfalse\necho more\n```"])
def test_a_block_that_fails(block: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"block 1 failed:\n\n(1 / 0|false)"):
        tutorials.execute(block, tmp_path)
