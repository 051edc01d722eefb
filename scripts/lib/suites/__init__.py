"""scripts/test, run and error-tests: commands that run others as steps."""
