"""Sets of real people, which come under their own licences: read where they lie, listed in our manifest format."""

from affect_core.data.real import affectnet, ck_plus, emotic, jaffe, kdef
from affect_core.data.real.base import REAL_SETS, LeftOut, RealSet, RealSetConfig, Reason, Sample
from affect_core.data.real.importing import Imported, import_set
from affect_core.data.real.landmarks68 import FIVE_OF_68, five_of_68

__all__ = [
    "FIVE_OF_68",
    "REAL_SETS",
    "Imported",
    "LeftOut",
    "RealSet",
    "RealSetConfig",
    "Reason",
    "Sample",
    "affectnet",
    "ck_plus",
    "emotic",
    "five_of_68",
    "import_set",
    "jaffe",
    "kdef",
]
