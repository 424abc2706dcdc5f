"""What a customer uses: rolling totals by kind."""
