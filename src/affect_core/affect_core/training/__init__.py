"""Training of emotion networks. The only part, beside the command line, that imports Lightning."""

from affect_core import torch_compat

torch_compat.torchvision()  # Lightning imports torchmetrics, and that torchvision
