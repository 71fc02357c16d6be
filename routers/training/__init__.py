"""Fitting encoders, readers and routers. Torch is imported here alone, and only where an encoder is fine-tuned."""
