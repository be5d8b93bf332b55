"""Who moves and when: players, optimizers, the one loop, chunks and processes."""
