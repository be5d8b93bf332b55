"""The tutorials run while the documentation is built: what a block prints stands below it, with the pictures it made.

All blocks of a page run in order, in one new folder and one process of its own: ``python`` blocks in one namespace,
``bash`` blocks in a shell. A block with a title is written to the file of that name instead. A block whose first line
is a comment ``# needs …`` is shown and not run. Links and pictures of the page that point at files made by its blocks
are put into the site. A block that fails fails the build. Where neither the blocks nor the code have changed, what they
made is taken from ``.cache/tutorials``.

markdown-exec was looked at: it gives every block options that show wherever else the page is read, has no folder and
no process for a page, and shows no files. The tests run the pages with `execute`, without mkdocs.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?P<options>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$", re.M | re.S
)
"""A block of code of a page; in a list it is indented."""
TITLE = re.compile(r'title="([^"]+)"')
NEEDS = re.compile(r"# needs (.+)\n")
LINK = re.compile(r"(?<=\]\()(?P<path>[\w./-]+\.\w+)(?=\))")
ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".cache" / "tutorials"


def execute(markdown: str, folder: Path, met: Collection[str] = (), **environment: str) -> list[str]:
    """Run the blocks of a page in a folder, in a process of their own.

    Args:
        markdown: the page.
        folder: an empty folder; what the blocks write is there afterwards.
        met: what blocks may need that is here: those that say ``# needs …`` with one of them are run too.
        environment: further variables of the process.

    Returns:
        What every block printed; empty for those that were not run.

    Raises:
        RuntimeError: a block failed; the message has the block and its errors.
    """
    (folder / ".page.md").write_text(markdown, encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {"PATH": path, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "COLUMNS": "100", **environment}
    words = [sys.executable, str(Path(__file__).resolve()), *met]
    done = subprocess.run(words, cwd=folder, env=os.environ | own, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{done.stdout}\n{done.stderr}")
    printed: list[str] = json.loads((folder / ".printed.json").read_text(encoding="utf-8"))
    return printed


def run_here(met: Collection[str]) -> None:
    """Run the blocks of ``.page.md`` in the folder that we are in, and write what they print to ``.printed.json``."""
    sys.path.insert(0, os.getcwd())
    namespace: dict[str, Any] = {"__name__": "tutorial"}
    printed = []
    for number, block in enumerate(FENCE.finditer(Path(".page.md").read_text(encoding="utf-8")), 1):
        language, options, code = block.group("language", "options", "code")
        title, needs = TITLE.search(options), NEEDS.match(code)
        out = io.StringIO()
        try:
            if needs and needs[1] not in met:
                pass
            elif title:
                Path(title[1]).write_text(code, encoding="utf-8")
            elif language == "python":
                with contextlib.redirect_stdout(out):
                    exec(compile(code, f"block {number}", "exec"), namespace)
            elif language == "bash":
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", code], stdout=subprocess.PIPE, text=True)
                out.write(done.stdout)
                done.check_returncode()
        except BaseException:
            print(f"block {number} failed:\n\n{code}\n{out.getvalue()}")
            raise
        printed.append(out.getvalue().rstrip())
    Path(".printed.json").write_text(json.dumps(printed), encoding="utf-8")


def with_outputs(markdown: str, printed: list[str]) -> str:
    """The page with what every block printed below it."""
    outputs = iter(printed)

    def show(block: re.Match[str]) -> str:
        output = next(outputs)
        return block[0] + (f'\n\n```text title="prints"\n{output}\n```' if output else "")

    return FENCE.sub(show, markdown)


def executed(markdown: str) -> tuple[list[str], Path]:
    """What the blocks of a page print, and the folder with what they made; out of the cache if nothing has changed."""
    key = hashlib.sha256("".join(block[0] for block in FENCE.finditer(markdown)).encode())
    for path in sorted(p for part in ("matchzoo", "recipes", "zoo", "docs/hooks") for p in (ROOT / part).rglob("*.*")):
        if path.suffix in (".py", ".toml"):
            key.update(path.read_bytes())
    folder = CACHE / key.hexdigest()[:16]
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=CACHE))
        try:
            execute(markdown, made)
            made.replace(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return json.loads((folder / ".printed.json").read_text(encoding="utf-8")), folder


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str | None:
    """Run a tutorial before it is rendered (a hook of mkdocs)."""
    from mkdocs.exceptions import PluginError
    from mkdocs.structure.files import File

    source = Path(page.file.src_uri)
    if source.parts[0] != "tutorials" or not FENCE.search(markdown):
        return None
    try:
        printed, folder = executed(markdown)
    except RuntimeError as error:
        raise PluginError(f"{source}: {error}") from None

    def publish(link: re.Match[str]) -> str:
        made = folder / link["path"]
        if not made.is_file():
            return link[0]
        name = f"{source.stem}/{link['path'].replace('/', '-')}"
        if files.get_file_from_path(f"tutorials/{name}") is None:
            files.append(File.generated(config, f"tutorials/{name}", content=made.read_bytes()))
        return name

    return with_outputs(LINK.sub(publish, markdown), printed)


if __name__ == "__main__":
    run_here(sys.argv[1:])
