"""Where points come from, drawn from a seed or rows of a table: one kind a file."""
