"""What a search costs in a large collection, and what its index misses."""
