"""What the hub decides: one folder per capability, with its model, its rules and, where it reads topics, its agent."""
