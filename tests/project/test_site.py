"""The built site and the page of a run in a browser: no error, no request that fails or leaves, search, navigation."""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matchzoo.recipes.recipe import Recipe

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
WIDTHS = {"phone": 390, "desktop": 1280, "laptop": 1366}
PAGES = ("", "lgm/", "explanation/head-gradient/", "gallery/", "zoo/backbones/")
TUTORIALS = [f"tutorials/{page.stem}/" for page in sorted((ROOT / "docs/tutorials").glob("*.md"))]
WIDE = "zoo/backbones/"
QUICK = [{"kind": "linear-probe", "protocol": "nearest-centroid", "baselines": [], "views": 1, "seeds": 1, "rows": 40}]

pytest.importorskip("mkdocs", reason="the docs extra is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="the dev extra is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site without the tutorials' outputs, which take longer and have tests of their own."""
    folder = tmp_path_factory.mktemp("site")
    hooks = [ROOT / "docs/hooks" / f"{name}.py" for name in ("maths", "zoo_pages")]
    lines = [f"INHERIT: {ROOT / 'mkdocs.yml'}", f"docs_dir: {ROOT / 'docs'}", f"site_dir: {folder / 'site'}"]
    lines += ["strict: false", "hooks:", *(f"  - {hook}" for hook in hooks)]
    (folder / "mkdocs.yml").write_text("\n".join(lines))
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", str(folder / "mkdocs.yml")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (folder / "site/versions.json").write_text('[{"version": "0.1", "title": "0.1", "aliases": ["latest"]}]')  # by mike
    return folder / "site"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, without a line for each."""

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


class Tab:
    """A page of the browser that remembers what went wrong.

    Args:
        browser: running.
        width: of the window, in pixels.
        dark: whether the system is.
        home: what requests may begin with.
    """

    def __init__(self, browser: Any, width: int, dark: bool, home: str) -> None:
        scheme = "dark" if dark else "light"
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("requestfailed", self.failed)
        self.page.on("response", lambda r: self.wrong.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        allowed = (home, "data:", "blob:")
        self.page.on("request", lambda r: None if r.url.startswith(allowed) else self.wrong.append(f"left: {r.url}"))

    def failed(self, request: Any) -> None:
        """Keep a request that failed, unless the page was left before its answer came."""
        if request.failure != "net::ERR_ABORTED":
            self.wrong.append(f"failed: {request.url}, {request.failure}")

    def fits(self) -> bool:
        """Whether nothing but scrolling boxes is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def close(self) -> None:
        self.context.close()
        assert self.wrong == []


@pytest.mark.parametrize(("width", "dark"), [("phone", True), ("desktop", False)], ids=["dark phone", "light desktop"])
def test_pages_open(browser: Any, address: str, width: str, dark: bool, tmp_path: Path) -> None:
    tab = Tab(browser, WIDTHS[width], dark, address)
    for path in PAGES:
        tab.page.goto(address + path, wait_until="load")
        assert tab.fits(), f"{path} is wider than the window"
        loaded = "[...document.images].filter(i => i.loading != 'lazy' && i.naturalWidth == 0).map(i => i.src)"
        assert tab.page.evaluate(loaded) == []
        assert tab.page.evaluate("[...document.images].filter(i => !i.alt).map(i => i.src)") == []
        tab.page.screenshot(path=tmp_path / f"{path.strip('/').replace('/', '-') or 'index'}.png")
    color = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", color)[:3])) < 200) == dark
    assert len(list(tmp_path.glob("*.png"))) == len(PAGES)
    tab.close()


def test_a_wide_table_scrolls(browser: Any, address: str) -> None:
    tab = Tab(browser, WIDTHS["phone"], False, address)
    tab.page.goto(address + WIDE)
    box = tab.page.locator(".md-typeset__scrollwrap").first
    assert box.evaluate("e => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX == 'auto'")
    assert tab.fits()
    tab.close()


def test_navigation_and_formulas(browser: Any, address: str) -> None:
    tab = Tab(browser, WIDTHS["desktop"], False, address)
    tab.page.goto(address)
    tab.page.get_by_role("link", name="Linear gradient matching").first.click()
    tab.page.wait_for_url(address + "lgm/")
    assert tab.page.locator("math").count() >= 3
    assert tab.page.locator("math mfrac").first.bounding_box()["height"] > 20  # drawn as a fraction
    assert tab.page.locator(".arithmatex").count() == 0
    tab.page.get_by_role("link", name="closed form", exact=True).click()
    tab.page.wait_for_url(re.compile("explanation/head-gradient/"))
    tab.close()


def test_a_formula_is_drawn_in_its_box(browser: Any, address: str) -> None:
    tab = Tab(browser, WIDTHS["laptop"], False, address)
    tab.page.goto(address + "lgm/", wait_until="load")
    assert tab.page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px STIX Two Math'))")
    outside = """box => { const outer = box.getBoundingClientRect();
        return [...box.querySelectorAll('math *')].map(e => e.getBoundingClientRect()).filter(inner =>
            inner.top < outer.top || inner.bottom > outer.bottom || inner.left < outer.left || inner.right > outer.right
        ).length + (box.scrollHeight > box.clientHeight) + (box.scrollWidth > box.clientWidth) }"""
    assert [box.evaluate(outside) for box in tab.page.locator(".formula").all()] == [0, 0, 0]
    tab.close()


def test_blocks_of_tutorials_fit(browser: Any, address: str) -> None:
    tab = Tab(browser, WIDTHS["laptop"], False, address)
    for path in TUTORIALS:
        tab.page.goto(address + path, wait_until="load")
        wide = "[...document.querySelectorAll('pre > code')].filter(e => e.scrollWidth > e.clientWidth)"
        assert tab.page.evaluate(f"{wide}.map(e => e.innerText)") == [], f"{path}: a block scrolls sideways"
    tab.context.close()  # the pictures that blocks would make are missing on this site


def test_search(browser: Any, address: str) -> None:
    tab = Tab(browser, WIDTHS["desktop"], False, address)
    tab.page.goto(address)
    tab.page.locator(".md-search__input").click()
    tab.page.locator(".md-search__input").press_sequentially("kernel mean matching")
    found = tab.page.locator(".md-search-result__link").first
    found.wait_for()
    assert tab.page.locator(".md-search-result__link[href*='ratios/']").count()
    found.click()
    tab.page.wait_for_url(re.compile(".+/.+/"))
    assert "kernel mean" in tab.page.locator("article").inner_text().lower()
    tab.close()


def test_the_page_of_a_run(browser: Any, lgm: dict, tmp_path: Path) -> None:
    run = Recipe.of({**lgm, "evaluation": QUICK}).run(tmp_path / "run", quiet=True)
    home = (run.folder / "report.html").as_uri()
    for width in ("phone", "desktop"):
        tab = Tab(browser, WIDTHS[width], width == "phone", home)
        tab.page.goto(home)
        assert tab.fits()
        assert tab.page.locator("img").count() >= 2
        assert tab.page.evaluate("[...document.images].filter(i => !i.alt || i.naturalWidth == 0).length") == 0
        slider = tab.page.locator("input[type=range]")
        before = tab.page.screenshot(path=tmp_path / f"{width}.png", full_page=True)
        slider.focus()
        slider.press("Home")
        assert tab.page.screenshot(full_page=True) != before
        tab.close()
