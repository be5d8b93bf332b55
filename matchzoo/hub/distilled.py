"""A distilled data set: a few images that stand for many, with all that is known of where they come from."""

from collections.abc import Sequence
from pathlib import Path

import attrs
import torch

from matchzoo.core.class_names import relabel
from matchzoo.core.declaration.choices import checked
from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import class_indices
from matchzoo.core.showing import notebook
from matchzoo.core.showing.text import size_of
from matchzoo.data.reading.decoding import Fit
from matchzoo.evaluation.baselines import per_class_in_words
from matchzoo.hub import fetching
from matchzoo.hub.folders import writing
from matchzoo.hub.folders.set_schema import SetFields
from matchzoo.hub.third_party.tensor_form import TensorForm


@attrs.frozen(eq=False)
class DistilledDataset(SetFields):
    """Images with labels and the names of their classes, and what is known of their origin.

    What is not known is empty or None, and `unknown` says so; nothing is guessed. It serves torch's data loaders as it
    is.

    Attributes:
        images: [m, 3, h, w] float32 in [0, 1], before any normalization ([m, 1, h, w] of gray data).
        labels: [m] int64, indices into ``class_names``; or [m, c] float32, probabilities of the classes.
        class_names: in label order.
        named: whether these are names; False where labels came as bare numbers, and nobody said what they mean.
        preprocessing: ``size`` [h, w], ``range``, ``normalization`` and ``views`` that the images were made for; None
            if that is not known.
        source: of the data that the images stand for: ``data`` (the recipe's table), ``class_order``, ``license``,
            ``from``, ``homepage``, ``paper``, ``origin``, as far as they are known.
        backbones: what the images were made with: ``card``, ``architecture``, ``license``, ``weights`` (source,
            commit, sha256).
        recipe: the resolved recipe, as TOML text.
        scores: records of the evaluations, each with its method, backbone and protocol.
        scores_of: what they were loaded with, a hash of images and labels; a set that was changed since is saved
            without them. Empty if that is not known.
        license: of the set itself (SPDX), if its publisher has chosen one.
        versions: of the packages that made it.
        repository: ``repo``, ``revision`` and ``commit`` that it was pulled from; None if it was not.
        head: a classifier of all the data that travels with it; None if there is none. Its bytes are its own.
    """

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int | torch.Tensor]:
        """Image [3, h, w] and label (or probabilities [c]), as torch's data loaders take them."""
        return self.images[index], self.labels[index] if self.labels.ndim == 2 else int(self.labels[index])

    @property
    def bytes(self) -> int:
        """Of images (float32) and labels, as they are stored."""
        return self.images.nbytes + self.labels.nbytes

    @property
    def unknown(self) -> tuple[str, ...]:
        """What nobody said of the set: ``preprocessing``, ``class names``."""
        is_unknown = {"preprocessing": self.preprocessing is None, "class names": not self.named}
        return tuple(name for name, missing in is_unknown.items() if missing)

    def describe(self) -> list[str]:
        """What the set is, and what is not known of it, in lines."""
        m, channels, height, width = self.images.shape
        labels = "probabilities" if self.labels.ndim == 2 else "labels"
        shape = f"{m} images of {height}x{width} pixels, {channels} channels"
        counts = per_class_in_words(self.counts)
        per_class = f"{counts} image{'' if counts == '1' else 's'} a class"
        lines = [f"{shape}; {len(self.class_names)} classes, {labels}; {per_class}"]

        if self.head is not None:
            share = 100 * self.head.bytes / self.images.nbytes
            lines.append(
                f"with a head of {self.head.backbone}: {size_of(self.head.bytes)}, {share:.3g} % of the images'"
            )
        lines += [f"unknown: {name}" for name in self.unknown]
        return lines

    def __repr__(self) -> str:
        """`describe` in one line."""
        return f"<DistilledDataset: {'; '.join(self.describe())}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the images with their classes."""
        return notebook.labeled_images(self.images, self.labels, self.class_names, self.describe())

    def save(self, path: str | Path) -> None:
        """Write the artifact to a folder, whole or not at all; or, to a name in ``.safetensors``, the tensors alone.

        An artifact that already exists is replaced once the new one is whole.

        Raises:
            MatchZooError: the set is not as it must be, or the folder holds something else or cannot be written.
        """
        writing.write(self, Path(path).expanduser())

    @classmethod
    @checked
    def load(
        cls,
        path: str | Path,
        *,
        class_names: str | Path | Sequence[str] | None = None,
        size: int | None = None,
        fit: Fit | None = None,
        config: str | None = None,
        image_column: str = "image",
        label_column: str = "label",
        experiment: int | None = None,
        range: tuple[float, float] | None = None,
        mean: Sequence[float] | float = (),
        std: Sequence[float] | float = (),
        clamp: bool = False,
        logits: bool = False,
    ) -> "DistilledDataset":
        """Read an artifact, checked from end to end; or a set that others published.

        Args:
            path: the folder of an artifact or of a run; a ``.safetensors`` that `save` wrote; a folder with a folder of
                images for each class; a ``.parquet`` or a folder of such; a ``.pt`` or ``.pth`` of (images, labels);
                or ``user/name[@revision]``, a data set of the Hub in any of these forms.
            class_names: names of the classes in label order, or a file of them (``.json``: a list; else a line each),
                for sets that do not say them; an artifact that says them refuses others. Folders and texts of the same
                names are matched by name, those that are numbers are labels, and others are named in order.
            size: pixels a side that images in files are resized to; needed where they are of several sizes.
            fit: how images in files become square, as ``data.fit``: ``crop`` or ``pad``; needed where they are not.
            config: configuration of a set of others (the Hub also calls it subset); needed where there are several.
            image_column: of the images in parquet files of others.
            label_column: of the labels in parquet files of others, whole numbers or text.
            experiment: of a ``.pt`` that holds several sets, which one, from 0.
            range: of a ``.pt``, the values of black and white, such as (0, 255) or (-1, 1).
            mean: of a ``.pt`` of normalized images, what is undone: ``x * std + mean``, a number a channel or one.
            std: the same.
            clamp: of a ``.pt``, clamp what is outside of black and white, as in learned images.
            logits: of a ``.pt``, take the softmax of its labels.

        Examples:
            >>> DistilledDataset.load("res_DC_MNIST.pt", experiment=0, mean=0.1307, std=0.3081, clamp=True)

        Raises:
            MatchZooError: with the reason and the remedy. Nothing is executed or unpickled on the way.
        """
        form = TensorForm(experiment=experiment, range=range, mean=mean, std=std, clamp=clamp, logits=logits)
        fields = fetching.read_set(
            path,
            class_names=class_names,
            size=size,
            fit=fit,
            config=config,
            image_column=image_column,
            label_column=label_column,
            form=form,
        )
        return cls(**attrs.asdict(fields, recurse=False))

    def export(self, folder: str | Path) -> None:
        """Write a PNG file an image, in a folder a class: ``0003_name/00012.png``.

        The folders begin with the number of their class, so that in sorted order, which is that of torchvision's
        ``ImageFolder``, labels are those of the set; ``classes.json`` has the names as they are. Of probabilities the
        most probable class remains. A class without an image is an empty folder (``allow_empty=True`` there).

        Raises:
            MatchZooError: the set is not as it must be, or the folder is not empty or cannot be written.
        """
        writing.export(self, Path(folder).expanduser())

    def subset(self, images_per_class: int) -> "DistilledDataset":
        """The first images of every class, in the order of the set; of probabilities the most probable class counts.

        It says in its ``source`` what it is a part of, and has no scores: those are of the whole.

        Examples:
            >>> distilled.subset(images_per_class=1).save("one-of-each")

        Args:
            images_per_class: k, at least 1.

        Raises:
            MatchZooError: a class has fewer images than that.
        """
        classes = class_indices(self.labels)
        counts = torch.bincount(classes, minlength=len(self.class_names)).tolist()
        fewest = min(counts)
        if type(images_per_class) is not int or not 1 <= images_per_class <= fewest:
            name = self.class_names[counts.index(fewest)]
            raise MatchZooError(
                f"images_per_class: expected 1 to {fewest}, which the class '{name}' has, got {images_per_class}"
            )

        rows = [(classes == label).nonzero().flatten()[:images_per_class] for label in range(len(counts))]
        kept = torch.cat(rows).sort().values
        whole = {"images_per_class": images_per_class, "of_images": len(self), **(self.repository or {})}
        if len(kept) == len(self):
            return self
        return attrs.evolve(
            self,
            images=self.images[kept],
            labels=self.labels[kept],
            source={**(self.source or {}), "subset": whole},
            scores=(),
            scores_of="",
            repository=None,
        )

    def with_classes(self, class_names: tuple[str, ...], title: str = "the distilled set") -> "DistilledDataset":
        """The same images with labels that are indices into ``class_names``, the same names in any order.

        Raises:
            MatchZooError: the names are others; ``title`` says of which set.
        """
        try:
            labels = relabel(self.labels, self.class_names, class_names)
        except MatchZooError as error:
            hint = "" if self.named else "; its class names are unknown: give them with class_names (--class-names)"
            raise MatchZooError(f"{title}: {error}{hint}") from None

        head = self.head
        if head is not None:
            order = [self.class_names.index(name) for name in class_names]
            head = attrs.evolve(head, weight=head.weight[order], bias=head.bias[order])
        return attrs.evolve(self, labels=labels, class_names=class_names, head=head)
