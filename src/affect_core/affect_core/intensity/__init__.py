"""How strong an expression is, after P1 (Decoding Human Facial Emotions: A Ranking Approach using Explainable AI).

A VGG16 names the emotion, layer-wise relevance propagation says which pixels spoke for it, and the distribution of
these relevances over ten bins becomes a rank: minimal, average or strong.

**What the rule really measures.** Nearly all pixels have a relevance near 0, so nearly all of them fall into the bin
of z0 = -min R / (max R - min R). A bulk in the first three bins says minimal: the most negative relevance is small
against the most positive one. A bulk in the last two says strong: the largest relevance is negative. In bins 4 and 5
it says average if bins 6 to 8 hold more than bins 1 to 3, in bins 6 to 8 strong if bins 9 and 10 hold more than bins 4
and 5. So the rank hangs on one or two extreme pixels, or on a few hundred of 150,000, and is no direct measure of how
hard a muscle pulls. What follows: rules of propagation without negative relevance say minimal wherever the bulk is
near 0; a positive factor changes nothing; negating the relevances swaps the first and third sum, but not the ranks
minimal and strong, because the middle group, bins 4 to 8, is not in the middle.
"""

from affect_core.intensity.base import RankConfig
from affect_core.intensity.rank import NORMALISERS, RULES, Ranked, histogram, rank

__all__ = ["NORMALISERS", "RULES", "RankConfig", "Ranked", "histogram", "rank"]
