"""The view of a customer that others read."""
