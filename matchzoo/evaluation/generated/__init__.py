"""What is measured of generated and of mapped samples."""
