"""OpenAI's JSON, and ours around it. The only place that knows `choices`."""
