"""Sets of images measured by the evaluations of recipes, such as networks that are trained from scratch on them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import markdown
from matchzoo.core.storage import files
from matchzoo.core.version import __version__
from matchzoo.data import Data
from matchzoo.evaluation import Evaluation, LinearProbe, Record, Trained
from matchzoo.evaluation.evaluation import Table, tables
from matchzoo.evaluation.given_set import GivenSet
from matchzoo.hub.third_party.tensor_form import TensorForm
from matchzoo.projectors import Identity
from matchzoo.recipes.comparison.evaluated_set import Source, evaluated_sets, opened
from matchzoo.recipes.comparison.same_data import check_same_data, data_table
from matchzoo.training.composition import Composition, Declared
from matchzoo.training.engine import Engine


@attrs.frozen(eq=False)
class Measured:
    """What some evaluations say of some sets.

    Attributes:
        records: as those of a run, with ``set`` and ``path``; the first of each set and evaluation is that of the set,
            the others are of its baselines.
        evaluations: in the order of the records' ``number``.
        about: ``data`` (table), ``evaluations`` (tables), ``notes``, ``matchzoo`` (version).
    """

    records: list[Record]
    evaluations: tuple[Evaluation, ...]
    about: dict[str, Any]

    def tables(self) -> list[Table]:
        """The kind of each evaluation and its table."""
        return tables(self.evaluations, self.records)

    def save(self, path: str | Path) -> None:
        """Write everything as ``.json``, or the tables as ``.md``."""
        path = Path(path)
        if path.suffix not in (".json", ".md"):
            raise MatchZooError(f"{path}: expected a name that ends in .json or .md")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".json":
                files.write_json(path, {"about": self.about, "records": self.records})
            else:
                files.write_text(path, "\n".join(f"{kind}\n\n{markdown(rows)}" for kind, rows in self.tables()))
        except OSError as error:
            raise MatchZooError(f"{path}: cannot be written ({error.strerror})") from None


def measure(
    sets: Sequence[Source],
    evaluations: Sequence[Evaluation],
    *,
    data: Data | str | None = None,
    size: int | None = None,
    class_names: str | Path | Sequence[str] | None = None,
    form: TensorForm | None = None,
    images_per_class: int | None = None,
    device: str = "auto",
    quiet: bool = False,
    data_changed: bool = False,
) -> Measured:
    """Measure sets by evaluations that need no features of a backbone of theirs: ``from-scratch`` trains other networks
    on them, ``feature-distances`` has a backbone of its own.

    Args:
        sets: as `matchzoo.recipes.comparison.evaluate` takes them.
        evaluations: what is measured.
        data: as `evaluate`.
        size: as `evaluate`.
        class_names: as `evaluate`.
        form: as `evaluate`.
        images_per_class: as `evaluate`.
        device: as ``trainer.device``.
        quiet: show no progress.
        data_changed: as `evaluate`.

    Raises:
        MatchZooError: there is nothing to measure or no data, the sets do not fit the data, or an evaluation cannot be
            made of them.
    """
    if not sets or not evaluations:
        raise MatchZooError("evaluate: expected at least one set and one evaluation")
    if any(isinstance(evaluation, LinearProbe) for evaluation in evaluations):
        raise MatchZooError("evaluate: a linear probe of a set needs a backbone: give --backbone CARD, no --evaluation")
    given = opened(sets, class_names, size, form)
    table, notes = data_table(data, [one.recipe for one in given if one.recipe is not None], size)
    chosen = structure(table, Data)  # type: ignore[type-abstract]
    spec = chosen.build(0)
    notes += check_same_data(given, chosen, table, data_changed)
    compared = evaluated_sets(given, chosen, spec, class_names, form, images_per_class)
    notes += [note for one in compared for note in one.notes]

    engine = Engine.start(device, "float32")
    records: list[Record] = []
    for one in compared:
        assert one.images.labels is not None
        generator = GivenSet(one.images.values, one.images.labels)
        declared = Declared(chosen, {"projector": Identity()}, generator, None, {}, 0)
        trained = Trained(
            parts=Composition.build(declared, engine, spec=spec), engine=engine, method=one.name, seed=0, quiet=quiet
        )
        for evaluation in evaluations:
            evaluation.check(trained.parts)
        for number, evaluation in enumerate(evaluations):
            about = {"set": one.name, "path": one.path, "evaluation": evaluation.kind, "number": number}
            records += [{**about, **record} for record in evaluation.evaluate(trained)]
    tables_of = [to_table(evaluation) for evaluation in evaluations]
    about = {"data": table, "evaluations": tables_of, "notes": notes, "matchzoo": __version__}
    return Measured(records, tuple(evaluations), about)
