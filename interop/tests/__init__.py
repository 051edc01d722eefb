"""The tests of the matrix, and of the `shakedown` program."""
