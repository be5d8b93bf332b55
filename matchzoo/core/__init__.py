"""What every part speaks and no method knows: samples, steps, declarations, kernels, errors."""
