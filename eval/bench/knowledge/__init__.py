"""Whether documents are looked into only where they help: an invented world, questions on it, and questions on ours."""
