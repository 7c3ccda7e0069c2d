from tests.support.stores import postgis_server

__all__ = ["postgis_server"]
