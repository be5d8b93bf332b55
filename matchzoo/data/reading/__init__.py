"""From bytes to arrays: which files are what, and how each is decoded."""
