"""Several experts' answers to one question, weighed together: which is right, and whom it pays to ask next."""
