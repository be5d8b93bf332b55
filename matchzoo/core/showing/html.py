"""A page of HTML in one file: its blocks, escaped, with every image inside; nothing is fetched when it is opened.

What each function takes as text may hold anything, such as ``<script>`` in the name of a class: it is shown, never
interpreted. What it returns is HTML. The page's own policy forbids its browser all requests and all scripts but the
one that is here, known by its hash.
"""

import base64
import hashlib
import html
import io
from collections.abc import Sequence

from PIL import Image

from matchzoo.core.showing.html_style import SCRIPT, STYLE

RELOAD = 30
"""Seconds after which a page that is not finished loads itself again."""
Fact = tuple[str, ...]
"""What a figure is of, its value, and remarks on it, a line each."""
Frame = tuple[str, str]
"""A frame of a slider: what it is called, and its HTML."""


def escape(text: object) -> str:
    """Text as HTML shows it, in an element or a quoted attribute; what has no place in UTF-8 becomes ``?``."""
    return html.escape(str(text).encode("utf-8", "replace").decode("utf-8"))


def section(title: str, *blocks: str, note: str = "") -> str:
    """A titled part of the page; nothing where no block holds anything."""
    content = "\n".join(filter(None, blocks))
    above = f"{paragraph(note)}\n" if note else ""
    return f"<section>\n<h2>{escape(title)}</h2>\n{above}{content}\n</section>" if content else ""


def heading(title: str) -> str:
    """A title within a section."""
    return f"<h3>{escape(title)}</h3>"


def paragraph(text: str) -> str:
    """A remark below what it is of."""
    return f'<p class="note">{escape(text)}</p>'


def warnings(lines: Sequence[str]) -> str:
    """What speaks against a result, a line each, in a box that stands out."""
    items = "\n".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<div class="warnings" role="note" aria-label="warnings">\n<ul>\n{items}\n</ul>\n</div>'


def scroll(content: str, label: str) -> str:
    """A box that scrolls sideways by itself, by keyboard too, where its content is wider than the page."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">\n{content}\n</div>'


def image(png: bytes, alt: str, kind: str = "") -> str:
    """An image inside the page.

    Args:
        png: the bytes of a PNG file.
        alt: what is seen on it, for who does not see it.
        kind: ``plot`` turns white to black on a dark page, ``paper`` stays white there, ``pixels`` is enlarged sharply
            and fills its column.
    """
    with Image.open(io.BytesIO(png)) as opened:
        width, height = opened.size
    sized = "" if kind == "pixels" else f' style="max-width:{0.8 * width:.0f}px;min-width:{min(width // 2, 640)}px"'
    data = base64.b64encode(png).decode("ascii")
    told = f'width="{width}" height="{height}"{sized} alt="{escape(alt)}"'
    return f'<img class="{escape(kind)}" {told} src="data:image/png;base64,{data}">'


def picture(png: bytes, alt: str, kind: str = "") -> str:
    """An `image` in a box of its own."""
    return f'<div class="picture">{scroll(image(png, alt, kind), alt)}</div>'


def captioned(png: bytes, alt: str, captions: Sequence[str], columns: int) -> str:
    """A strip of images, enlarged sharply, a caption above each column."""
    names = "".join(f'<span title="{escape(name)}">{escape(name)}</span>' for name in captions)
    names = f'<div class="captions" style="grid-template-columns:repeat({columns},1fr)">{names}</div>' if names else ""
    size = f"min-width:{3.25 * columns:.2f}rem;max-width:{6 * columns}rem"
    return scroll(f'<div class="strip" style="{size}">{names}{image(png, alt, "pixels")}</div>', alt)


def slider(frames: Sequence[Frame], label: str) -> str:
    """Frames that a slider goes through; the last one alone where scripts do not run."""
    if not frames:
        return ""
    last = len(frames) - 1
    shown = [
        f'<div class="frame" data-name="{escape(name)}"{"" if number == last else " hidden"}>\n{content}\n</div>'
        for number, (name, content) in enumerate(frames)
    ]
    name = escape(frames[last][0])
    moved = (
        f'<input type="range" min="0" max="{last}" value="{last}" step="1" autocomplete="off" hidden '
        f'aria-label="{escape(label)}">'
    )
    control = f'<div class="control"><output>{name}</output>{moved if last else ""}</div>'
    return "\n".join(['<div class="slider">', control, *shown, "</div>"])


def table(rows: Sequence[Sequence[str]], label: str) -> str:
    """Rows of text, the heading first; those that are called as the first one stand out."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in rows[0])
    body = []
    for first, *rest in rows[1:]:
        cells = f'<th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        body.append(f'<tr class="own">{cells}</tr>' if first == rows[1][0] else f"<tr>{cells}</tr>")
    lines = "\n".join(body)
    return scroll(f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>", label)


def facts(items: Sequence[Fact]) -> str:
    """Figures side by side."""
    shown = [
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
        + "".join(f'<dd class="remark">{escape(remark)}</dd>' for remark in remarks)
        + "</div>"
        for name, value, *remarks in items
    ]
    return '<dl class="facts">\n' + "\n".join(shown) + "\n</dl>"


def details(summary: str, text: str) -> str:
    """Text as it is written, folded away."""
    return f'<details>\n<summary>{escape(summary)}</summary>\n<pre tabindex="0">{escape(text)}</pre>\n</details>'


def document(title: str, header: str, sections: Sequence[str], reload: bool = False) -> str:
    """The whole page; it loads itself again every `RELOAD` seconds if ``reload``."""
    known = base64.b64encode(hashlib.sha256(SCRIPT.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{known}'"
    again = [f'<meta http-equiv="refresh" content="{RELOAD}">'] if reload else []
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            *again,
            f"<title>{escape(title)}</title>",
            '<link rel="icon" href="data:,">',
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            f"<header>\n{header}\n</header>",
            "<main>",
            *filter(None, sections),
            "</main>",
            f"<script>{SCRIPT}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )
