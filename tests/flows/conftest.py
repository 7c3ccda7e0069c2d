from tests.support.stores import postgis_server, postgis_url, store_url

__all__ = ["postgis_server", "postgis_url", "store_url"]
