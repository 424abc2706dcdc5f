"""`python -m hub`, and the program `hub`."""

from streams import collector


def main() -> None:
    """Run the command line; what it imports is nothing to collect, and a tenth of a worker's start went into trying."""
    collector.go_slow()
    from hub.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
