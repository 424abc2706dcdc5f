"""What an agent sees as a conversation begins."""
