"""What the arrays of a file are called: ``images`` and ``labels``, ``train_images``, ``x_test``, ``y_val``, …"""

import re
from collections.abc import Iterable

from matchzoo.core.errors import MatchZooError
from matchzoo.data.reading.splits import APART, split_of

ROLES = {
    "images": ("images", "image", "imgs", "img", "x", "data"),
    "labels": ("labels", "label", "y", "targets", "target"),
}
"""Words for images and for their labels; upper and lower case are alike."""


def parts_of_arrays(names: Iterable[str], where: object) -> dict[str, dict[str, str]]:
    """The names of images and labels, by the part that they are of: ``{"test": {"images": "x_test", …}}``.

    Arrays without a part are those of ``train``. Names that are neither images nor labels of a part are passed over.

    Raises:
        MatchZooError: two arrays are the same, such as ``images`` and ``train_images``.
    """
    parts: dict[str, dict[str, str]] = {}
    for name in names:
        words = re.split(APART, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
        roles = {role for role, known in ROLES.items() if any(word.lower() in known for word in words)}
        others = "_".join(word.lower() for word in words if not any(word.lower() in known for known in ROLES.values()))
        part = others or "train"
        if len(roles) != 1 or split_of(part) is None:
            continue
        [role] = roles
        twin = parts.setdefault(part, {}).setdefault(role, name)
        if twin != name:
            raise MatchZooError(
                f"{where}: which are the {role} of '{part}', {twin} or {name}? leave out one of the two"
            )
    return parts
