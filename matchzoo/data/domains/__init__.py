"""Data of several domains: environments and further splits, made of other data."""
