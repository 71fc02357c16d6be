"""What it is worth to know the queue: real models that share a machine with room for one of them."""
