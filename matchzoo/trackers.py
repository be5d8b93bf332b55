"""Trackers."""
TRACKERS = ("tensorboard", "wandb", "trackio")
