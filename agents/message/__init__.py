"""Whether, when and how a person is told: consent, quiet hours, caps."""
