"""The control box: what concerns everybody goes once to every timeline partition."""
