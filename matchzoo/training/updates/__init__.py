"""How the gradients of an update are taken: at once or in chunks, of every term, combined, uphill, and checked."""
