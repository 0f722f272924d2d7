"""Who may publish, subscribe and serve what: an SROS2 policy made from what the nodes themselves do."""

from affect_hri.sros2.policy import Uses, policy_xml
from affect_hri.sros2.survey import survey

__all__ = ["Uses", "policy_xml", "survey"]
