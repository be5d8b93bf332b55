"""What the folder of a run holds beside its results: who works in it, what it began with, and how far it came."""
