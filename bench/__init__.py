"""Benchmarks: CPU per event, measured by the operating system's own accounting, beside a peer in the same run."""
