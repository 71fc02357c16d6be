"""Experts that share a device: which of them are loaded, and when each gives way to another."""
