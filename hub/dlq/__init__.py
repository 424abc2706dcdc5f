"""`hub dlq`: what was put aside, why, and how it gets back to where it came from."""
