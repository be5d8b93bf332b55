"""What is shown of a run: pictures, a page, and records for trackers."""
