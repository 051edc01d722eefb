"""What the committed corpora reach of impl/."""
