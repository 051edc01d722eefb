"""scripts/planted: faults that are planted in a copy of our TLS, and what finds them."""
