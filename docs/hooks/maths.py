"""Formulas as MathML, made when the site is built: browsers draw it themselves, so a page loads no script for it.

Pages write ``$x$`` and ``$$x$$`` in LaTeX; the extension ``pymdownx.arithmatex`` finds them, and this turns what it
found into MathML. A formula that cannot be read ends a strict build.
"""

import html
import logging
import re
from typing import Any

from latex2mathml.converter import convert

log = logging.getLogger("mkdocs.hooks.maths")
CODE = re.compile(r"<(code|pre|annotation)\b.*?</\1>", re.S)
MISSED = re.compile(r"\$[^$<\n]*\\[a-z]+[^$<\n]*")
FOUND = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.S)
LEFT_OVER = re.compile(r">\s*\\([a-zA-Z]+)[^<]*<")
"""A command that the converter shows as it is written."""


def mathml(latex: str, block: bool = False) -> str:
    """The MathML of a formula; in a block of its own, or within a line."""
    text = convert(latex, display="block" if block else "inline")
    return f'<div class="formula" tabindex="0">{text}</div>' if block else text


def on_page_content(content: str, page: Any, **_: Any) -> str:
    """Replace the formulas of a page (a hook of MkDocs)."""

    def replace(found: re.Match[str]) -> str:
        latex = html.unescape(found[3]).strip()
        try:
            formula = mathml(latex, block=found[2] == "[")
        except Exception as error:  # whatever the converter raises, the formula is what must be mended
            log.warning("%s: the formula %r cannot be read (%s)", page.file.src_uri, latex, error)
            return found[0]
        for command in LEFT_OVER.findall(formula):
            log.warning("%s: the formula %r would show \\%s as it is written", page.file.src_uri, latex, command)
        return formula

    made = FOUND.sub(replace, content)
    for missed in MISSED.findall(CODE.sub("", made)):
        log.warning(
            "%s: %r was not taken for a formula: no space may stand inside of its dollars", page.file.src_uri, missed
        )
    return made
