"""How well a trained classifier does: its accuracy, how sure it is, and what it learned of wrong labels."""
