"""The sans-I/O core: a task and the ports through which it meets a log, a clock and a store."""
