"""P4: find faces that lie between classes, and leave them out (Chatterjee et al. 2022).

`rva` encodes faces, `aforet` and `removers` say which go, `protocols` tests classifiers with and without them, `finding`
asks whether what goes is what should; `study.run` does all of it. Registries: `REMOVERS`, `CLASSIFIERS`, `PROTOCOLS`.
"""

from affect_core.curation.classifiers import CLASSIFIERS
from affect_core.curation.config import CurationConfig, quick
from affect_core.curation.protocols import PROTOCOLS
from affect_core.curation.removers import REMOVERS

__all__ = ["CLASSIFIERS", "PROTOCOLS", "REMOVERS", "CurationConfig", "quick"]
