"""Training of emotion networks. The only part, beside the command line, that imports Lightning."""
