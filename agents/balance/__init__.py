"""What a customer owes and owns, and when to warn about it."""
