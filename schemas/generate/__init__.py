"""Makes what is derived from the contracts: `records.py`, `reasons.py` and `docs/topics.md`."""
