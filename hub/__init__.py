"""The program: builds the app of every capability, and the command line around it."""
