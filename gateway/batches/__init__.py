"""Batches: files of requests, answered line by line through the same pipeline as any other request."""
