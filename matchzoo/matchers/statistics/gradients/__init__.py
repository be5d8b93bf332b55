"""Statistics that are gradients of a loss, of a head in closed form or of a network, and what is made of them."""
