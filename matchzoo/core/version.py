"""The version of matchzoo."""

__version__ = "0.1.0"
