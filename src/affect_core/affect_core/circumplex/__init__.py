"""P2 (Wagner et al. 2024, CAGE): training on classes, on valence and arousal, and on both, compared.

`recipe` holds every constant, `losses` and `modes` what is minimised, `metrics` what is measured, `study` the whole
comparison, `affect_core.training.circumplex` the trainings. Command: ``affect-hri circumplex``.
"""

from affect_core import torch_compat

torch_compat.torchvision()  # Lightning imports torchmetrics, and that torchvision
