"""Whose an identifier is, and when: spellings, links with validity, provisional customers."""
