"""Given-when-then for a customer's day."""
