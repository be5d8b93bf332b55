"""The command ``matchzoo``, one sub-command a file."""
