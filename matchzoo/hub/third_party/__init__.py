"""Sets that others published, in the forms that are usual: what they do not say stays unknown."""
