"""What is being done about a customer's troubles."""
