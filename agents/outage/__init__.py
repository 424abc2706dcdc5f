"""Outages and planned works: who is affected, who is told what, once."""
