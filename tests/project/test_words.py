"""The words of these pages and of the code are standard terms in American English."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "matchzoo").rglob("*.py"),
    *(ROOT / "recipes").rglob("*.toml"),
    *(ROOT / "zoo").rglob("*.toml"),
    ROOT / "README.md",
]
HISTORY = {"changelog.md", "torture.md", "renamed.py", "basis.py"}
"""Files with earlier names; in ``basis.py`` it is the name of random draws, which must stay the same."""
WORDS = re.compile(
    r"\b(dear|mend|mended|mends|anew|whilst|learnt|as good as nothing|colour\w*|grey|behaviour\w*|neighbour\w*"
    r"|favour\w*|(?:normal|optim|initial)is(?:e[dr]?|ing|ation)|centre[sd]?|above it by"
    r"|(?:one|two|five|ten) images? a class)\b",
    re.I,
)


@pytest.mark.parametrize("folder", ["docs", "matchzoo", "recipes", "zoo", "README.md"])
def test_words_of_another_language_or_spelling(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in FILES
        if path.relative_to(ROOT).parts[0] == folder and path.name not in HISTORY
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in WORDS.finditer(line)
    ]
    assert found == []
