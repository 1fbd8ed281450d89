"""Rules of jobs and runs as plain Python."""
