"""From HTML to paper: the whole book as one `pdf`, by a `browser` without a window."""
