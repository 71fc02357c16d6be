"""Onboarding on trial: each recorded expert left out in turn, and placed with few questions."""
