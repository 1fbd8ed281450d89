"""Measurements: ``make bench`` or ``make bench SCENARIO=burst``. One JSON line per scenario, on two cores."""
