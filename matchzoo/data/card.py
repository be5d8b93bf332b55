"""The samples of a data set's card."""

from matchzoo import zoo
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError
from matchzoo.data.data import Data, Loaded


def load_card(card: zoo.DataCard | str) -> Loaded:
    """Read the samples that a card of the zoo describes.

    Args:
        card: the card, its name, or the path of its file.

    Raises:
        DeclarationError: the card's table is not a valid one.
        MatchZooError: there is no such card, or the samples are not here, with the remedy.
    """
    if isinstance(card, str):
        card = zoo.load(card, zoo.DataCard)
    try:
        return structure(card.data, Data).load()  # type: ignore[type-abstract]
    except DeclarationError as error:
        raise error.under("data") from None
