"""How a recipe's tables become objects: fields, kinds, choices, checks, overrides, and names of earlier versions."""
