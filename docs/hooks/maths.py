"""Formulas as MathML, made when the site is built: browsers draw it themselves, so a page loads no script for it.

Pages write ``$x$`` and ``$$x$$`` in LaTeX; the extension ``pymdownx.arithmatex`` marks them, and this hook turns each
into MathML Core, the part of MathML that browsers share. A formula that cannot be read ends a strict build.
"""

import html
import logging
import re
import unicodedata
from typing import Any

from latex2mathml.converter import convert

log = logging.getLogger("mkdocs.hooks.maths")
CODE = re.compile(r"<(code|pre|annotation)\b.*?</\1>", re.S)
MISSED = re.compile(r"\$[^$<\n]*\\[a-z]+[^$<\n]*")
FOUND = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.S)
LEFT_OVER = re.compile(r">\s*\\([a-zA-Z]+)[^<]*<")
"""A command that the converter shows as it is written."""
CELL = re.compile(r"<td.*?</td>", re.S)
VARIANT = re.compile(r'<mi mathvariant="(double-struck|sans-serif|script|fraktur|bold)">([A-Z])</mi>')
WORD = re.compile(r"<mo>([A-Za-z]{2,})</mo>")


def core(mathml: str) -> str:
    """MathML Core: letters of other alphabets as characters of their own, and names of functions as identifiers."""

    def letter(variant: re.Match[str]) -> str:
        name = f"{variant[1].upper()} CAPITAL {variant[2]}"
        try:
            return f"<mi>{unicodedata.lookup(f'MATHEMATICAL {name}')}</mi>"
        except KeyError:  # Unicode had some of them before the others, such as ℝ
            return f"<mi>{unicodedata.lookup(name.replace('FRAKTUR', 'BLACK-LETTER'))}</mi>"

    text = WORD.sub(r"<mi>\1</mi>", VARIANT.sub(letter, mathml))
    return text.replace("<mo>&#x02016;", '<mo stretchy="false">&#x02016;')  # the bars of a norm are as high as letters


def mathml(latex: str, block: bool = False) -> str:
    """The MathML of a formula; in a block of its own, or within a line."""
    text = core(convert(latex, display="block" if block else "inline"))
    return f'<div class="formula" tabindex="0">{text}</div>' if block else text


def on_page_content(content: str, page: Any, **_: Any) -> str:
    """Replace the formulas of a page, and keep numbers of tables and their errors on one line (a hook of MkDocs)."""

    def replace(found: re.Match[str]) -> str:
        latex = html.unescape(found[3]).strip()
        try:
            formula = mathml(latex, block=found[2] == "[")
        except Exception as error:  # whatever the converter raises, the formula is what must be fixed
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
    return CELL.sub(lambda cell: cell[0].replace(" ± ", "\u00a0±\u00a0"), made)
