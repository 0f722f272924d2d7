"""Subcommands of `affect-hri` that are longer than a few lines, one file each."""
