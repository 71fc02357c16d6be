"""Learning online tried on recorded outcomes: what it would have gained, and what exploring would have cost."""
