"""When a trigger fires: rules as plain Python, without a database and without a clock of their own."""
