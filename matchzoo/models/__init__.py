"""Trainable and fitted maps: networks, and classifiers that are fitted on features."""
