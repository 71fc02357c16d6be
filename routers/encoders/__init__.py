"""Text to rows, batch first. One file per encoder."""
