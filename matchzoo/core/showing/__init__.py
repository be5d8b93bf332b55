"""What a person sees: numbers as text, progress, figures, HTML."""
