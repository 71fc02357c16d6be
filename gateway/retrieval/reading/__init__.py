"""Readers of documents: what a file or URL holds, as sections. Each format is a file; `readers.py` chooses."""
