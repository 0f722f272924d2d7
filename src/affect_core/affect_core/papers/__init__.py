"""What the companion studies share: `Request` in, `Study` out. P1 is `affect_core.intensity`, P2
`affect_core.circumplex`, P3 `affect_core.subgroups`, P4 `affect_core.curation`.
"""

from affect_core.papers.pictures import Pictures, pictures
from affect_core.papers.request import Request
from affect_core.papers.study import Figure, Section, Study, Table, write_study

__all__ = ["Figure", "Pictures", "Request", "Section", "Study", "Table", "pictures", "write_study"]
