"""The artifact: a distilled set in a folder, as it is written, checked and read; and the sets of others."""
