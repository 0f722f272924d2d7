"""How fast the nodes are together: measured from outside, by somebody who listens to their topics."""
