"""Live preview and editing in the browser; needs the extra 'serve'."""
