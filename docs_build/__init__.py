"""What the documentation is built with: maths, pages made from cards, and figures."""
