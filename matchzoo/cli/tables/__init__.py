"""Commands on two tables: ratios, adaptation, transport."""
