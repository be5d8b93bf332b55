"""A table of results: sets × backbones."""

import json
from pathlib import Path
from typing import Any, Literal

import attrs

from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import markdown, mean_and_spread, size_of
from matchzoo.core.storage import files
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.from_scratch import ROBUST, robust_cell
from matchzoo.models.classifiers.stored_head import Head

Score = Literal["top1", "top5", "worst_group"]


@attrs.frozen(eq=False)
class Matrix:
    """Results of some sets on some backbones, and on networks that were trained on them from scratch.

    Attributes:
        records: one a set, backbone and protocol: ``set``, ``made_with``, ``path``, ``backbone``, ``protocol``,
            ``images``, ``bytes``, and the scores as `scoring.summary` names them, in percent. A network that was
            trained from scratch stands in ``backbone``, with the protocol ``from-scratch``.
        about: ``data``, ``views``, ``protocols`` and ``from_scratch`` (tables), ``seeds``, ``class_names``,
            ``group_names``, ``backbones`` (where their weights come from), ``notes``, ``matchzoo`` (version).
        head: that was handed on, as a `DistilledDataset` can hold it; None if none was, and it is not saved here.
    """

    records: list[Record]
    about: dict[str, Any]
    head: Head | None = None

    def record(self, name: str, backbone: str, protocol: str | None = None) -> Record:
        """The record of a set on a backbone, under its first protocol if none is said; raises if there is none."""
        for record in self.records:
            if (record["set"], record["backbone"]) == (name, backbone) and protocol in (None, record["protocol"]):
                return record
        by = f" by protocol '{protocol}'" if protocol else ""
        raise MatchZooError(f"no record of set '{name}' on '{backbone}'{by}")

    @property
    def protocols(self) -> list[str]:
        """Kinds of the protocols, in order."""
        return list(dict.fromkeys(r["protocol"] for r in self.records))

    @property
    def backbones(self) -> list[str]:
        """Names of the backbones, in order."""
        return list(dict.fromkeys(r["backbone"] for r in self.records))

    def columns(self, protocol: str | None = None) -> list[str]:
        """Names of the backbones or networks of a protocol, the first if none is said, in order."""
        wanted = protocol or self.protocols[0]
        return list(dict.fromkeys(r["backbone"] for r in self.records if r["protocol"] == wanted))

    @property
    def sets(self) -> list[str]:
        """Names of the sets, in order."""
        return list(dict.fromkeys(r["set"] for r in self.records))

    @checked
    def table(self, score: Score = "top1", protocol: str | None = None) -> list[list[str]]:
        """Rows: sets; columns: what is known of them, the score on each backbone (mean over draws, and their standard
        deviation), and the mean over the backbones where there are several. The heading first."""
        wanted = protocol or self.protocols[0]
        columns = self.columns(wanted)
        several = ["mean"] if len(columns) > 1 else []
        rows = [["set", "distilled with", "images", "bytes", *columns, *several]]
        judged = {record["set"] for record in self.records if record["protocol"] == wanted}
        for name in [name for name in self.sets if name in judged]:
            records = [self.record(name, column, wanted) for column in columns]
            means = [record.get(f"{score}_mean") for record in records]
            known = [mean for mean in means if mean is not None]
            cells = [mean_and_spread(record, score) for record in records]
            mean = f"{sum(known) / len(known):.1f}" if len(known) == len(means) else ""
            kinds = {record["made_with"] for record in records}
            about = [
                name,
                kinds.pop() if len(kinds) == 1 else "each its own",
                str(records[0]["images"]),
                size_of(records[0]["bytes"]),
            ]
            rows.append([*about, *cells, *([mean] if several else [])])
        return rows

    @checked
    def breakdown(self, backbone: str, by: Literal["class", "group"] = "class") -> list[list[str]]:
        """Rows: sets; columns: mean top-1 of every class or group on one backbone. The heading first."""
        rows = [["set", *self.about[f"{by}_names"]]]
        judged = {record["set"] for record in self.records if record["backbone"] == backbone}
        for name in [name for name in self.sets if name in judged]:
            values = self.record(name, backbone).get(f"per_{by}", [])
            rows.append([name, *("" if value is None else f"{value:.1f}" for value in values)])
        return rows

    def robust_scores(self) -> list[list[str]]:
        """Rows: sets; columns: the network, and its robust scores in percent with their standard errors. The heading
        alone where none were asked for."""
        rows = [["set", "network", *ROBUST.values()]]
        for record in self.records:
            if any(name in record for name in ROBUST):
                rows.append([record["set"], record["backbone"], *(robust_cell(record, name) for name in ROBUST)])
        return rows

    def _repr_html_(self) -> str:
        """What a notebook shows: top-1, a table for each protocol."""
        from matchzoo.core.showing import notebook

        tables = [notebook.table(self.table("top1", protocol), f"top-1 %, {protocol}") for protocol in self.protocols]
        return "\n".join(tables)

    def save(self, path: str | Path) -> None:
        """Write everything as ``.json``, or the tables of top-1 as ``.md`` or ``.csv``."""
        path = Path(path)
        if path.suffix not in (".json", ".md", ".csv"):
            raise MatchZooError(f"{path}: expected a name that ends in .json, .md or .csv")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".json":
                files.write_json(path, {"about": self.about, "records": self.records})
            elif path.suffix == ".md":
                tables = [
                    f"top-1 %, {protocol}\n\n{markdown(self.table('top1', protocol))}" for protocol in self.protocols
                ]
                files.write_text(path, "\n".join(tables))
            else:
                files.write_text(path, self._csv())
        except OSError as error:
            raise MatchZooError(f"{path}: cannot be written ({error.strerror})") from None

    @classmethod
    def load(cls, path: str | Path) -> "Matrix":
        """What `save` wrote as ``.json``."""
        try:
            table = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls(table["records"], table["about"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MatchZooError(f"{path}: not a stored matrix ({error})") from None

    def _csv(self) -> str:
        import csv
        import io

        columns = ["set", "made_with", "backbone", "protocol", "images", "bytes", "seeds", "top1_mean", "top1_std"]
        columns += ["top5_mean", "worst_group_mean", "worst_group_std"]
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.records)
        return text.getvalue()
