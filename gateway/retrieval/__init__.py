"""Documents: the store, how they get into it, how they are found, and how they go into a prompt."""
