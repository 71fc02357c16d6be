"""The record: every answer as a row, what callers thought of it, and the way back to both."""
