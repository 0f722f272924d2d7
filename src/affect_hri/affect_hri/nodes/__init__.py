"""One node per module; modules with a leading underscore are the machinery all nodes share."""
