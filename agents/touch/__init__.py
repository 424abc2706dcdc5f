"""Where and why a customer met the operator, and what they look for."""
