from tests.journeys.conftest import processes

__all__ = ["processes"]
