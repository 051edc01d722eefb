"""scripts/soak."""
