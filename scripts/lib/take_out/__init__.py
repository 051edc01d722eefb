"""scripts/take-out: which of the checks of impl/ no test needs."""
