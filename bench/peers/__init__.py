"""The reference operator in the hub's engine and in its peers, measured in the same way on the same broker."""
