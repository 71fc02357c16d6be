"""Whether a router still chooses the same expert when a question is asked with typos, or in other words."""
