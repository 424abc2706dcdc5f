"""The live record of one customer."""
