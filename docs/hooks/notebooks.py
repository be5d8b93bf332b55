"""Every tutorial as a Jupyter notebook, made when the site is built, with what its blocks print.

It stands before ``tutorials.py`` in the list of hooks, since it reads the page as it was written: ``python`` blocks
become cells, ``bash`` blocks cells of the shell, blocks with a title cells that write the file. What cannot run
everywhere (``# needs …``) and blocks of other languages stay text. A notebook keeps its code without the site: links to
other pages lead to the published site where its address is known, and are plain text otherwise.
"""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from tutorials import FENCE, NEEDS, TITLE, executed

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([\w./-]*)\.md(#[\w-]+)?\)", re.S)
MAGIC = {"python": "", "bash": "%%bash\n"}
NOTE = "\n\n[Download this page as a notebook]({name}){{ download }}\n"


def cell(kind: str, source: str, printed: str | None = None) -> dict[str, Any]:
    """A cell of a notebook; of code where something was or may be printed."""
    lines = source.strip("\n").splitlines(keepends=True)
    made: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": lines}
    if kind == "code":
        output = {"output_type": "stream", "name": "stdout", "text": (printed or "").splitlines(keepends=True)}
        made |= {"execution_count": None, "outputs": [output] if printed else []}
    return made


def notebook(markdown: str, printed: list[str], folder: str = "") -> dict[str, Any]:
    """The notebook of a page.

    Args:
        markdown: the page, as it was written.
        printed: what every block printed.
        folder: the address of the page's folder on the published site; empty where it is not known.
    """

    def publish(link: re.Match[str]) -> str:
        return f"[{link[1]}]({urljoin(folder, link[2] + '/')}{link[3] or ''})" if folder else link[1]

    cells, end = [], 0
    for block, output in zip(FENCE.finditer(markdown), printed, strict=True):
        text, title = markdown[end : block.start()], TITLE.search(block["options"])
        if (block["language"] not in MAGIC and not title) or NEEDS.match(block["code"]):
            continue  # it stays within the text that the next block ends
        if text.strip():
            cells.append(cell("markdown", LINK.sub(publish, text)))
        magic = f"%%writefile {title[1]}\n" if title else MAGIC[block["language"]]
        cells.append(cell("code", magic + block["code"], output))
        end = block.end()
    if markdown[end:].strip():
        cells.append(cell("markdown", LINK.sub(publish, markdown[end:])))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str | None:
    """Add the notebook of a tutorial to the site, and a link to it below the title (a hook of MkDocs)."""
    from mkdocs.structure.files import File

    source = Path(page.file.src_uri)
    if source.parts[0] != "tutorials" or not FENCE.search(markdown):
        return None
    try:
        printed, _ = executed(markdown)
    except RuntimeError:
        return None  # the hook that shows the outputs says what failed
    address = f"{config.site_url.rstrip('/')}/tutorials/" if config.site_url else ""
    content = json.dumps(notebook(markdown, printed, address), indent=1, ensure_ascii=False)
    name = f"{source.stem}.ipynb"
    files.append(File.generated(config, f"tutorials/{name}", content=content))
    title, _, rest = markdown.partition("\n")
    return title + NOTE.format(name=name) + rest
