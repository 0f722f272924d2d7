"""Robot heads: the rig, the expressions, their motion, and the drivers."""
