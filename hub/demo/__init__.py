"""`hub demo`: a simulated day on two real workers, watched live, reconciled at the end."""
