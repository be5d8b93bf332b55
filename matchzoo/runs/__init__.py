"""A recipe at work in a folder, and what it leaves behind."""
