"""Programs that nobody has read, run in a process of their own with limits. Knows no question and no grade."""
