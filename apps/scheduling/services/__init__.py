"""The motion: triggers fire, runs are executed and settled, what was lost is reaped."""
