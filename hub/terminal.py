"""What every command needs of its terminal: settings without a log's noise, and tables that a pipe gets whole."""

from typing import Final

from rich.console import Console, RenderableType

from streams.logs import configure
from streams.settings import Settings, load

_PIPE_WIDTH: Final = 300


def quiet_settings() -> Settings:
    """Load the settings; a command's own log says only what went wrong."""
    configure("error", "console")
    return load()


def print_whole(shown: RenderableType) -> None:
    """Print; a pipe gets whole lines."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    console.print(shown)
