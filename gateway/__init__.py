"""Coterie's serving side: from an OpenAI-shaped request to a routed expert and back."""
