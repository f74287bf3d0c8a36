"""Articles from elsewhere become entries: sources, reading, shape, entries, writing, one module a step."""
