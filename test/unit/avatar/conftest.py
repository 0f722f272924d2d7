import pytest

from affect_core.avatar import Avatar, AvatarConfig
from affect_core.heads.expressions import load_expressions


@pytest.fixture(scope="session")
def table():
    return load_expressions()


@pytest.fixture(scope="session")
def avatar():
    return Avatar()


@pytest.fixture(scope="session")
def small_avatar():
    """A quarter of the pixels: enough to see that something is drawn."""
    return Avatar(AvatarConfig(width=640, height=360))
