"""Terms of class scores: losses, and what predictions say without labels."""
