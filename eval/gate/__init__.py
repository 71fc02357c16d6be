"""The retrieval gate against recorded answers without and with documents: what it would have looked up, and gained."""
