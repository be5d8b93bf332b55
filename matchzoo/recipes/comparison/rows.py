"""The rows of a matrix: the sets, and real images beside them."""

from collections.abc import Callable, Sequence

from matchzoo.core.declaration.choices import checked
from matchzoo.data import Data, Split
from matchzoo.evaluation.baselines import ALL, class_counts, shortage
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.probe_harness import Baseline
from matchzoo.recipes.comparison.evaluated_set import EvaluatedSet

Draw = Callable[[Baseline, Sequence[int]], list[Split]]
"""The real images of a baseline, an entry a seed, as many of every class as is asked for."""


@checked
def rows_of(
    compared: Sequence[EvaluatedSet],
    baselines: Sequence[Baseline],
    data: Data,
    draw: Draw,
    seeds: int,
    space: str = "",
) -> tuple[list[tuple[Record, list[Split]]], list[str]]:
    """What is known of each row, and its images, an entry a seed; and which baselines are of fewer images than their
    sets.

    Args:
        compared: the sets.
        baselines: rows of real images; but for ``full`` one for each number of images that the sets have.
        data: that both are of.
        draw: their images.
        seeds: entries of a set.
        space: where ``centroid`` chooses.
    """
    classes = len(data.class_names)
    rows: list[tuple[Record, list[Split]]] = []
    notes: list[str] = []
    for one in compared:
        about = {"set": one.name, "made_with": one.made_with, "path": one.path, "bytes": one.bytes}
        rows.append((about, [one.images] * seeds))

    named_after = {counts: one.name for one, counts in reversed([(one, one.counts) for one in compared])}
    each = sorted(named_after) or [(1,) * classes]
    for name in baselines:
        for counts in each[:1] if name == ALL else each:
            images = draw(name, counts)
            size = len(images[0]) * (4 * int(images[0].values[0].numel()) + 8)
            title: str = name
            if name != ALL and len(each) > 1:
                alike = len(set(counts)) == 1
                title = f"{name}, {counts[0]} a class" if alike else f"{name}, as many as {named_after[counts]}"
            if any(one.name == title for one in compared):
                title += " (real)"
            assert images[0].labels is not None
            real = class_counts(images[0].labels, classes)
            fewer = shortage(counts, real, data.class_names) if name != ALL else ""
            if fewer:
                notes.append(f"{title}: {sum(real)} real images against {sum(counts)} of the set ({fewer})")
            about = {"set": title, "made_with": space if name == "centroid" else "", "path": "", "bytes": size}
            rows.append((about, images))
    return rows, notes
