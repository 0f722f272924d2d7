"""Training data: sets of crops, augmentation, label maps, and the generator of avatar crops."""
