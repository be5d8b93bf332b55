"""Terms of samples that belong together row by row."""
