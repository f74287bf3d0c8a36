"""The commands, a module each: they call the steps in order and print."""
