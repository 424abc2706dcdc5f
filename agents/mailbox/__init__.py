"""A provisional customer: raw events of an identifier that nobody has claimed, kept until somebody does."""
