"""What an evaluation has found as one page of HTML with its plots. Knows no evaluation, and computes no figure."""
