"""A server process for load tests: ``python -m tests.support.load_server STORE PORT``.

With ``bare`` in place of a store: one Flask route under the same server, to compare.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from webmap.serve import listen


def bare(size: int) -> object:
    """Return an application whose only route gives so many bytes."""
    from flask import Flask, Response

    app = Flask("bare")
    body = b"x" * size

    @app.get("/tile")
    def tile() -> Response:
        return Response(body, mimetype="application/octet-stream")

    return app


def main() -> None:
    """Serve until killed."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    store, port, rest = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if store == "bare":
        app = bare(int(rest))
    else:
        from boundaries.registry import open_registry
        from webmap import create_app

        app = create_app(open_registry(store), cache=Path(rest))
    listen(app, host="127.0.0.1", port=port).run()


if __name__ == "__main__":
    main()
