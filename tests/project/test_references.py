"""Citations: `docs/references.bib` parses, and each citation of pages, docstrings, cards and recipes means an entry.

A citation is what ends with a venue and a year, or has authors before a year, or the number of a preprint. Its words
must be those of the entry: authors, title, venue. What stands in parentheses (names of methods) is not looked at.
"""

import re
import unicodedata
from pathlib import Path
from typing import Any

import attrs
import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "matchzoo").rglob("*.py"),
        *(ROOT / "benchmarks").glob("*.py"),
        *(ROOT / "zoo").rglob("*.toml"),
        *(ROOT / "recipes").rglob("*.toml"),
        ROOT / "README.md",
    ]
    if page.name != "changelog.md"
]
ACCENT = re.compile(r"\\(?:[\"'`^~]|c )\{?\\?([A-Za-z])\}?|\{\\c ([a-z])\}|\\([lo])\b")
ALIASES = {"tpami": "pami", "neurips": "nips"}
"""Other words for venues."""
YEAR = r"(?:19|20)\d\d\b"
SMALL = {"and", "the", "for", "with", "from", "its", "their", "arxiv", "preprint", "ieee", "technical", "report"}
NAME = r"(?:van den |von |De )?(?=\w*[a-z])[A-Z][\w'’-]+"
AUTHORS = re.compile(rf"({NAME})(?:,? (?:and )?{NAME})*(?: et al\.| and {NAME}),?((?: [^;|]{{0,150}}?)?)[ (]({YEAR})")


@attrs.frozen
class Entry:
    """An entry of the file."""

    key: str
    kind: str
    fields: dict[str, str]

    @property
    def first(self) -> str:
        """The family name of the first author, in plain letters."""
        return plain(self.fields.get("author", "").split(",")[0])

    @property
    def words(self) -> set[str]:
        """Every word that a citation of it may have."""
        text = plain(" ".join(self.fields.values()))
        found = {*words(text), *SMALL}
        return found | {word for name, more in ALIASES.items() if name in found for word in more.split()}


def plain(text: str) -> str:
    """Text without accents and braces."""
    text = ACCENT.sub(lambda match: match[1] or match[2] or match[3], text)
    text = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("ø", "o"))
    return "".join(letter for letter in text if not unicodedata.combining(letter) and letter not in "{}")


def words(text: str) -> list[str]:
    """Words of three letters or more, in small letters."""
    return re.findall(r"[a-z][a-z0-9]{2,}", text.lower())


def parse(text: str) -> dict[str, Entry]:
    """The entries of a BibTeX file by key; braces may be nested, and strings are put in."""
    strings = dict(re.findall(r'@string\{(\w+) = "([^"]*)"\}', text))
    entries: dict[str, Entry] = {}
    for match in re.finditer(r"^@(?!string)(\w+)\{([\w-]+),\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        pairs = re.findall(r"^ +(\w+) += (\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\w+),?$", match[3], re.MULTILINE)
        assert len(pairs) == len(re.findall(r"^ +\w+ +=", match[3], re.MULTILINE)), match[0]
        assert match[2] not in entries, match[2]
        values = {name: " ".join(value[1:-1].split()) if value[0] == "{" else strings[value] for name, value in pairs}
        entries[match[2]] = Entry(match[2], match[1], values)
    return entries


FILE = (ROOT / "docs/references.bib").read_text(encoding="utf-8")
ENTRIES = parse(FILE)
VENUE = re.compile(
    r"\b(?:ICLR|ICML|NeurIPS|NIPS workshop|CVPR|ICCV|ECCV|WACV|KDD|ICVGIP|AISTATS|AAAI|MICCAI|SODA|OOPSLA|GlobalSIP"
    r"|JMLR|TMLR|T?PAMI|IJCV|JMIV|JSPI|AISM|JSTARS|Nature|Annals of Statistics|Neural Computation"
    r"|Mathematics of Computation|Algorithms|Statistics and Computing|Image and Vision Computing"
    r"|Proceedings of the IEEE|Information Theory"
    r"|Machine Learning|Neural Networks|Imaging Sciences|Scientific Computing|Imaging and Vision)"
    rf",? \(?({YEAR})"
)


def unresolved(text: str) -> list[str]:
    """The citations of a text that mean no entry."""
    text = re.sub(r"```bibtex\n.*?```", "", text, flags=re.DOTALL)  # compared entry by entry
    text = plain(re.sub(r"\s*\n\s*(?:#+ )?", " ", text)).replace("*", "")
    wrong = []
    for match in VENUE.finditer(text):
        before = text[max(0, match.start() - 320) : match.end()]
        if not any(cites(before, entry) for entry in ENTRIES.values() if entry.fields["year"] == match[1]):
            wrong.append(before[-160:])
    for match in AUTHORS.finditer(text):
        if VENUE.search(match[0]) is None:
            dated = [entry for entry in ENTRIES.values() if entry.fields["year"] == match[3]]
            if not any(cites(match[0], entry) for entry in dated):
                wrong.append(match[0])
    numbers = {entry.fields["eprint"] for entry in ENTRIES.values() if "eprint" in entry.fields}
    return wrong + [number for number in re.findall(r"\b\d{4}\.\d{5}\b", arxiv_only(text)) if number not in numbers]


def arxiv_only(text: str) -> str:
    """The parts of a text that speak of arXiv."""
    return " ".join(re.findall(r"arxiv\S{0,12}[ :/]\S*", text, re.IGNORECASE))


def cites(text: str, entry: Entry) -> bool:
    """Whether the end of a text can be a citation of an entry: from its first author on, all words are its own."""
    start = text.rfind(entry.first) if entry.first else -1
    if start < 0:
        return False
    said = re.sub(r"\([^()]*\)", "", text[start:])
    return set(words(said)) <= entry.words


def test_the_file_parses() -> None:
    assert len(ENTRIES) == len(re.findall(r"^@(?!string)\w+\{", FILE, re.MULTILINE)) > 150
    for entry in ENTRIES.values():
        needed = {"inproceedings": {"booktitle"}, "article": {"journal"}, "misc": {"eprint"}, "book": {"publisher"}}
        assert needed.get(entry.kind, {"institution"}) <= set(entry.fields), entry.key
        assert "title" in entry.fields, entry.key
        assert re.fullmatch(YEAR, entry.fields["year"]), entry.key
        assert entry.fields["year"] in entry.key or entry.key.startswith("fewshot"), entry.key
    titles = [plain(entry.fields["title"]).lower() for entry in ENTRIES.values()]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("folder", ["docs", "matchzoo", "benchmarks", "zoo", "recipes", "README.md"])
def test_every_citation_means_an_entry(folder: str) -> None:
    wrong: dict[str, Any] = {}
    for page in PAGES:
        name = page.relative_to(ROOT).as_posix()
        if name.split("/")[0] == folder and (found := unresolved(page.read_text(encoding="utf-8"))):
            wrong[name] = found
    assert wrong == {}


def test_entries_on_pages_are_those_of_the_file() -> None:
    for page in PAGES:
        for block in re.findall(r"```bibtex\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for key, entry in parse(block).items():
                if entry.kind != "software":
                    theirs = ENTRIES[key].fields
                    assert plain(entry.fields["title"]) == plain(theirs["title"]), (page.name, key)
                    assert plain(entry.fields["author"]) == plain(theirs["author"]), (page.name, key)
                    assert entry.fields["year"] == theirs["year"], (page.name, key)
                    known = set(words(" ".join(theirs.values())))
                    place = entry.fields.get("booktitle", entry.fields.get("journal", ""))
                    assert set(words(place)) - {"preprint"} <= known | {"arxiv"}, (page.name, key)


def test_a_wrong_citation_is_found() -> None:
    assert unresolved("Zhao et al., Dataset condensation with gradient matching, ICLR 2021; Song et al. 2021.") == []
    for wrong in (
        "Zhao et al., Dataset condensation with gradient matching, ICML 2021",
        "Zhao et al., Dataset condensation with kernel matching, ICLR 2021",
        "Zhao et al., ICLR 2020",
        "Zhou and Bilen, ICML 2021",
        "Song et al. 2022",
        "arXiv 2511.16675",
    ):
        assert unresolved(wrong), wrong
