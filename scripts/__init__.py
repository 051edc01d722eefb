"""The project's commands, and scripts/lib, the Python package behind them."""
