"""Simulated operation: workers, crashes, rebalances and zombies, all decided by a seed, on the real core."""
