"""The tests of scripts/."""
