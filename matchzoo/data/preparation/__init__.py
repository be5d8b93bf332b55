"""Published archives and packages, made into folders and tables that the kinds of data read."""
