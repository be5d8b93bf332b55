"""Tables of numbers as data: standardized by the training rows, and given back in their own units."""

from pathlib import Path

import numpy as np
import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec, specs_as_text, specs_of_text
from matchzoo.core.storage import number_tables
from matchzoo.core.storage.table_format import TableFormat
from matchzoo.data import Combined, NumberTable
from matchzoo.generators import MapGenerator, NoiseGenerator
from matchzoo.models.networks import MLP

COLUMNS = ("age", "income", "always")


def rows(n: int = 50) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.c_[rng.normal(45, 15, n), rng.normal(1.7e9, 3.0, n), np.full(n, 0.1)]


@pytest.fixture
def path(tmp_path: Path) -> str:
    number_tables.write(tmp_path / "people.csv", rows(), COLUMNS)
    return str(tmp_path / "people.csv")


def test_the_training_rows_standardize(path: str) -> None:
    data = NumberTable(path=path)
    spec = data.build(0)
    assert (spec.shape, spec.count, spec.units.columns) == ((3,), 40, COLUMNS)
    assert len(data.test_set) == 10
    train, test = (split.all().values for split in (data.training_set, data.test_set))
    torch.testing.assert_close(train.mean(0), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(train.std(0, correction=0), torch.tensor([1.0, 1.0, 0.0]))
    assert not torch.allclose(test.mean(0)[:2], torch.zeros(2), atol=1e-3)  # by the training rows, not by its own

    restored = spec.units.restored(torch.cat([train, test]))
    assert restored.dtype == torch.float64
    order = restored[:, 1].argsort()
    torch.testing.assert_close(restored[order], torch.from_numpy(rows()[rows()[:, 1].argsort()]), rtol=1e-12, atol=1e-4)
    assert data.origin()["tables"][0].startswith("people.csv: 50 rows of 3 columns, a heading")


def test_splits_and_units_of_a_table(path: str, tmp_path: Path) -> None:
    other = NumberTable(path=path, split_seed=1)
    assert other.build(0).units != NumberTable(path=path).build(0).units
    whole = NumberTable(path=path, test_share=0.0, standardize=False)
    spec = whole.build(0)
    assert (whole.test_set, spec.units.center, spec.units.scale) == (None, (0.0,) * 3, (1.0,) * 3)

    number_tables.write(tmp_path / "test.parquet", rows(4)[:, ::-1], COLUMNS[::-1])
    parted = NumberTable(path=path, test_path=str(tmp_path / "test.parquet"))
    units = parted.build(0).units
    assert (len(parted.training_set), len(parted.test_set)) == (50, 4)
    torch.testing.assert_close(units.restored(parted.test_set.all().values)[:, 0], torch.from_numpy(rows(4)[:, 0]))
    np.save(tmp_path / "bare.npy", rows())
    assert NumberTable(path=str(tmp_path / "bare.npy")).build(0).units.columns == ("column 1", "column 2", "column 3")


def test_what_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(MatchZooError, match=r"data\.path: there is no file nowhere\.csv; say .*--data\.path"):
        NumberTable(path="nowhere.csv").build(0)
    with pytest.raises(DeclarationError, match=r"data\.test_share: a share of 0\.001 of 50 rows leaves"):
        NumberTable(path=path, test_share=0.001).build(0)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,\n5,6\n")
    with pytest.raises(MatchZooError, match=r"row 2, column 'b' is missing.*--data\.format\.missing drop"):
        NumberTable(path=str(tmp_path / "a.csv")).build(0)
    dropped = NumberTable(path=str(tmp_path / "a.csv"), format=TableFormat(missing="drop"), test_share=0.0)
    assert dropped.build(0).count == 2
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DeclarationError, match="at least 2 training rows, got 1"):
        NumberTable(path=str(tmp_path / "a.csv"), test_share=0.0).build(0)
    (tmp_path / "a.csv").write_text("a\n1e300\n-1e300\n")
    with pytest.raises(MatchZooError, match="too large for a mean and a standard deviation"):
        NumberTable(path=str(tmp_path / "a.csv"), test_share=0.0).build(0)


def test_tables_of_several_units_are_not_mixed(path: str) -> None:
    both = {"a": NumberTable(path=path), "b": NumberTable(path=path, split_seed=1)}
    with pytest.raises(DeclarationError, match=r"environments\.b: has other columns or units.*standardize = false"):
        Combined(environments=both).build(0)
    plain = {name: NumberTable(path=path, split_seed=seed, standardize=False) for name, seed in (("a", 0), ("b", 1))}
    assert Combined(environments=plain).build(0).units.columns == COLUMNS


def test_a_generator_gives_rows_in_the_units_of_the_table(path: str) -> None:
    data = NumberTable(path=path)
    spec = data.build(0)
    for generator in (NoiseGenerator(dimension=2, network=MLP()), MapGenerator(source=data, network=MLP())):
        generator.build(spec)
        given, inner = generator.sample(20), generator.standardized_sample(20)
        assert given.columns == COLUMNS
        assert inner.columns == ()
        torch.testing.assert_close(given.values, spec.units.restored(inner.values))
    assert given.values[:, 1].mean().item() == pytest.approx(1.7e9, abs=10)


def test_units_are_stored_with_the_spec_and_others_are_stored_as_before(path: str) -> None:
    spec = NumberTable(path=path).build(0)
    assert specs_of_text(specs_as_text(spec, {"projector": spec})) == (spec, {"projector": spec})
    assert "units" not in specs_as_text(Spec(shape=(2,)), {})


def clinics(tmp_path: Path) -> str:
    """Six rows of each of two clinics with a class, and four of a third, of which two have none."""
    rng = np.random.default_rng(0)
    lines = ["age,diagnosis,clinic,dose"]
    for i in range(16):
        clinic = ("north", "south", "west")[min(i // 6, 2)]
        label = "" if i > 13 else ("ill", "well")[i % 2]
        lines.append(f"{rng.normal(50 + 30 * (clinic == 'west')):.3f},{label},{clinic},{i}")
    (tmp_path / "clinics.csv").write_text("\n".join(lines) + "\n")
    return str(tmp_path / "clinics.csv")


def test_columns_of_classes_and_domains(tmp_path: Path) -> None:
    columns = {"label_column": "diagnosis", "group_column": "clinic"}
    data = NumberTable(path=clinics(tmp_path), **columns, others=["west"], unlabeled=["west"], test_share=0.34)
    spec = data.build(0)
    assert (spec.class_names, spec.group_names, spec.units.columns) == (
        ("ill", "well"),
        ("north", "south"),
        ("age", "dose"),
    )
    sets = data.sets()
    assert {name: len(split) for name, split in sets.items()} == {
        "real": 8, "train": 8, "test": 4, "west": 4,
    }  # fmt: skip
    assert sets["west"].labels is None
    torch.testing.assert_close(sets["real"].all().values.mean(0), torch.zeros(2), atol=1e-6, rtol=0)
    assert sets["west"].all().values[:, 0].mean() > 5  # in units of the training rows, which are of the other clinics

    rows = spec.units.restored(torch.cat([sets[name].all().values for name in ("real", "test", "west")]))
    order = rows[:, 1].argsort()
    labels = torch.cat([sets["real"].labels, sets["test"].labels, torch.full((4,), -1)])[order]
    groups = torch.cat([sets["real"].group, sets["test"].group, torch.full((4,), 2)])[order]
    assert labels[:12].tolist() == [0, 1] * 6
    assert groups.tolist() == [0] * 6 + [1] * 6 + [2] * 4


def test_columns_of_classes_that_are_wrong(tmp_path: Path) -> None:
    path = clinics(tmp_path)

    def load(**changes: object) -> None:
        NumberTable(**{"path": path, "label_column": "diagnosis", "group_column": "clinic", **changes}).build(0)

    with pytest.raises(MatchZooError, match=r"row 15 has nothing in column 'diagnosis' \(2 rows in all\); leave such"):
        load()
    with pytest.raises(
        MatchZooError, match=r"data\.label_column: .*clinics\.csv: there is no column 'diagnose'; did you"
    ):
        load(label_column="diagnose")
    with pytest.raises(DeclarationError, match="others: there is no group 'east'; the groups are north, south, west"):
        load(others=["east"])
    (tmp_path / "test.csv").write_text("age,diagnosis,clinic,dose\n50,sick,north,1\n")
    with pytest.raises(MatchZooError, match=r"test\.csv: 'sick' is not in that column of clinics\.csv"):
        load(test_path=str(tmp_path / "test.csv"))
    (tmp_path / "test.csv").write_text("age,diagnosis,clinic,dose\n50,,west,1\n")
    with pytest.raises(MatchZooError, match=r"test\.csv: row 1 has nothing in column 'diagnosis'"):
        load(test_path=str(tmp_path / "test.csv"), others=["west"], unlabeled=["west"])
