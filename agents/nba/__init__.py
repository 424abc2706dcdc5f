"""The next best action: what to offer a customer who gets in touch, why, and what became of it."""
