"""Measurements of the product itself: how surely its head is found, how fast it is drawn."""
