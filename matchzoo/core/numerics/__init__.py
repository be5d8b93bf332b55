"""Tensors in, tensors out: distances, bandwidths, resampling, losses, float64."""
