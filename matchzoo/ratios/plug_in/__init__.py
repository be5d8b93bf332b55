"""Ratios of two densities that are each estimated: Gaussians, kernels, nearest neighbors."""
