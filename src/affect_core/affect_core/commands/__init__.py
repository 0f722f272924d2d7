"""The bodies of the subcommands; `affect_core.cli` puts them together. Heavy imports stand inside them."""
