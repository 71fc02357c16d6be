"""Collecting outcomes: the configured experts are asked a question set, and what they say is graded into a table."""
