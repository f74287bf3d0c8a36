"""Run the command line as `python -m pixeldigest`."""

from pixeldigest.cli import main

main()
