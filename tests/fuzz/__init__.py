"""Bytes that nobody meant, thrown at everything that reads bytes from outside: `make fuzz`."""
