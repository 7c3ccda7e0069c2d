"""Who may ask for a route: one decorator on every view, and without one nobody.

The decorator goes under the route's. It decides only whether a request is let in;
the registry then asks about subtree, author and state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from flask import abort, current_app, g, redirect, request, url_for

from boundaries import review
from geodata.errors import ForbiddenError, SignInError, Text
from webmap.session import Identity, base, identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

F = TypeVar("F", bound="Callable[..., Any]")

SITE, PUBLIC_VIEW = "site", "public"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Policy:
    """What a route asks of who comes.

    ``kind`` is ``public`` (anybody), ``published`` (anybody while the public view is
    on, else who is signed in), ``signed_in``, or ``may`` (who holds one of ``verbs``
    somewhere). ``api`` names the route of the API that does what a page's form does.
    ``first`` marks what is open before a forced change of the password is done.
    """

    kind: str
    verbs: tuple[str, ...] = ()
    api: str = ""
    first: bool = False

    def lets_in(self, found: Identity | None) -> bool:
        """Return whether somebody, or nobody, passes."""
        if self.kind == "public" or (self.kind == "published" and public_is_on()):
            return True
        if found is None:
            return False
        held = any(review.holds(verb, found.user) for verb in self.verbs)
        return self.kind != "may" or held


def public(view: F) -> F:
    """Let anybody in: the sign-in page, a pulse for a load balancer."""
    return _mark(view, Policy("public", first=True))


def published(view: F) -> F:
    """Let anybody in while the public view is on, otherwise who is signed in."""
    return _mark(view, Policy("published"))


def signed_in(view: F) -> F:
    """Let in who is signed in."""
    return _mark(view, Policy("signed_in"))


def own(api: str = "", *, first: bool = False) -> Callable[[F], F]:
    """Let in who is signed in to do something about their own account.

    Parameters
    ----------
    api
        Endpoint of the API that does the same.
    first
        Open before a forced change of the password is done.
    """
    return lambda view: _mark(view, Policy("signed_in", api=api, first=first))


def may(*verbs: str, api: str = "") -> Callable[[F], F]:
    """Let in who holds one of these verbs of :mod:`boundaries.review` somewhere."""
    for verb in verbs:
        review.verb(verb)
    return lambda view: _mark(view, Policy("may", verbs, api))


def declare(app: Flask, endpoint: str, policy: Policy) -> None:
    """Give a policy to a view that is not ours to decorate."""
    _declared(app)[endpoint] = policy


def policy_of(app: Flask, endpoint: str, method: str) -> Policy | None:
    """Return the policy of a route, None when it has none."""
    declared = _declared(app).get(endpoint)
    if declared is not None:
        return declared
    view: Any = app.view_functions.get(endpoint)
    shown = getattr(view, "view_class", None)
    if shown is not None:
        name = "get" if method == "HEAD" else method.lower()
        view = getattr(shown, name, view)
    found: Policy | None = getattr(view, "policy", None)
    return found


def public_is_on() -> bool:
    """Return whether an administrator has opened the public view."""
    document = base().store.get(SITE, PUBLIC_VIEW)
    return bool(document and document.get("on"))


def install(app: Flask) -> None:
    """Ask before every request."""
    declare(app, "static", Policy("public", first=True))
    app.before_request(_require)


PUBLIC_PAGES = frozenset({"/public/eldercare"})
"""What lies among public documents and is a page all the same."""


def wants_json() -> bool:
    """Return whether the answer is for a program, not for a person's browser."""
    return (
        request.path.startswith(("/api/", "/p/", "/public/"))
        and request.path not in PUBLIC_PAGES
    )


def _mark(view: F, policy: Policy) -> F:
    view.policy = policy  # type: ignore[attr-defined]
    return view


def _declared(app: Flask) -> dict[str, Policy]:
    found: dict[str, Policy] = app.extensions.setdefault("policies", {})
    return found


def _require() -> Any:
    if request.endpoint is None:
        return None  # no such route: 404
    policy = policy_of(current_app, request.endpoint, request.method)
    if policy is None:
        if request.method == "OPTIONS":
            return None  # Flask's own answer: which methods there are
        current_app.logger.error("the route %s has no policy", request.endpoint)
        abort(403)
    if policy.kind == "public":
        return None
    found = identity()
    # no browser keeps what one person sees, see webmap.app: the front page too
    g.private = policy.kind != "published" or found is not None
    if not policy.lets_in(found):
        return _refuse(policy, found)
    task = _task(found) if found and not policy.first else None
    return _first(task) if task else None


def _task(found: Identity) -> str | None:
    """Return the page of what somebody must do before anything else."""
    if found.token is not None:
        return None
    if found.user.must_change:
        return "accounts.password"
    return "accounts.second_factor" if base().needs_codes(found.user) else None


def _refuse(policy: Policy, found: Identity | None) -> Any:
    if found is None:
        if wants_json() or request.method not in SAFE:
            raise SignInError(
                Text("请先登录。", "Please sign in first."),
                Text("会话可能已超时。", "The session may have ended."),
            )
        return redirect(url_for("accounts.sign_in", next=here()), 303)
    words = [review.verb(name).label for name in policy.verbs]
    raise ForbiddenError(
        Text(
            f"您的角色不能{'或'.join(word.zh for word in words)}。",
            f"Your roles do not let you {' or '.join(word.en for word in words)}.",
        ),
        Text("如有需要，请联系管理员。", "Ask an administrator if you need to."),
    )


def _first(task: str) -> Any:
    if wants_json() or request.method not in SAFE:
        raise ForbiddenError(
            Text(
                "请先修改初始密码或启用动态验证码。",
                "First change the password or set up one-time codes.",
            ),
            code="must_change",
        )
    return redirect(url_for(task), 303)


def here() -> str:
    """Return the path asked for, as :func:`own_path` takes it back."""
    query = request.query_string.decode("latin-1")
    return f"{request.path}?{query}" if query else request.path


def own_path(wish: str | None) -> str:
    """Return ``wish`` if it is a path of this server, else the front page.

    Only what a browser cannot read as another host passes: one leading slash, no
    backslash (browsers take it for a slash) and no control character (they drop it).
    """
    wish = wish or ""
    plain = wish.isprintable() and "\\" not in wish and not wish.startswith("//")
    if not plain or not wish.startswith("/"):
        return "/"
    parts = urlsplit(wish)
    return "/" if parts.scheme or parts.netloc else wish
