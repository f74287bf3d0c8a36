"""A body → one frozen Document → HTML, text and Markdown that all say the same."""
