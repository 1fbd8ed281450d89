"""Jobs and runs over HTTP."""
