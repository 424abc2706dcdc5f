"""How the hub runs: tasks, commits, recovery, codecs, metrics. No business rule lives here."""
