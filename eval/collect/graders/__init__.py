"""Graders, one a file; which there are stands in `eval/collect/choosing.py`."""
