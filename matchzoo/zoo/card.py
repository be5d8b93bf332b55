"""What every card of the zoo says."""

from abc import ABC, abstractmethod


class Card(ABC):
    """What something is, where it comes from and under which license: a TOML file under ``zoo/``, or one of your own.

    A kind of card is a declared class and a folder (`matchzoo.zoo.cards.FOLDERS`).
    """

    license: str
    source: str
    paper: str

    @abstractmethod
    def summary(self) -> str:
        """How large it is, in a few words."""

    @abstractmethod
    def needs(self) -> str:
        """What is not on this machine yet, and how it comes here; empty if all is here. Asks no network."""

    @abstractmethod
    def bring(self, name: str) -> str:
        """The command, or the few words, that bring what is not here.

        Args:
            name: of the card, or the path of its file.
        """
