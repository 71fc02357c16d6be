"""The plots of the pages, one a file: numbers that are given, and how they are drawn. None computes a figure."""
