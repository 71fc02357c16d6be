"""HTTP clients under load, each behind the same minimal application."""
