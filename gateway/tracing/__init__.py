"""Traces for OpenTelemetry, which is known here alone. Where they are off nothing of it is imported or wrapped."""
