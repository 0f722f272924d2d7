"""P3 (Manresa-Yee, Ramis and Buades 2023): what a network learns from one group of people, and from another.

Networks trained on each of two groups and on both are tested on all three, and LIME says which parts of the face each
of them looks at. `study.run` is the whole of it.
"""
