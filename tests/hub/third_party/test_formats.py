"""Sets of others: files that people write beside them."""

import json
from pathlib import Path

import pytest

from matchzoo.hub.third_party.formats import names_of


@pytest.mark.parametrize(
    ("name", "content"), [("names.txt", "cat\r\ndog\r\n"), ("names.json", json.dumps(["cat", "dog"]))]
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_names_of_classes_with_and_without_a_mark_of_byte_order(
    tmp_path: Path, name: str, content: str, mark: str
) -> None:
    (tmp_path / name).write_bytes((mark + content).encode())
    assert names_of(tmp_path / name) == ("cat", "dog")
