"""The Python behind scripts/*. Here is what the commands and the interop matrix share; the
commands are in the folders, by topic."""
