"""A team channel in a terminal."""
