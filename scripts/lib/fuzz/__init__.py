"""scripts/fuzz, repro, make-seeds and make-dictionary."""
