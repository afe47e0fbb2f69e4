"""A client of the typed API: an HTTP client with a bearer token."""

from __future__ import annotations

from typing import Any

import httpx
from engine_server import EngineServer
from instructions import PASSWORD

PROBLEM = "application/problem+json"


class RestClient(httpx.Client):
    """Sends requests with its bearer token, and expects the status that is said."""

    def __init__(self, server: EngineServer) -> None:
        # Without `verify`, it loads all certificates of the machine, which these connections have no use for.
        super().__init__(base_url=server.http_url, timeout=30, verify=False)

    def open_session(self, **login: Any) -> RestClient:
        opened = self.expect(201, "POST", "/v1/session", json=login)
        self.headers["authorization"] = f"Bearer {opened['token']}"
        return self

    def register(self, name: str = "ada") -> RestClient:
        """Make an account of that name and log in to it."""
        account = {"user_name": name, "user_email": f"{name}@example.org", "user_pass": PASSWORD}
        self.open_session().expect(201, "POST", "/v1/accounts", json=account)
        return self.open_session(user_name=name, user_pass=PASSWORD)

    def expect(self, status: int, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """The content of the response, which has this status."""
        response = self.request(method, path, **sent)
        assert response.status_code == status, response.text
        content: dict[str, Any] = response.json()
        return content

    def expect_problem(self, status: int, code: str, method: str, path: str, **sent: Any) -> dict[str, Any]:
        response = self.request(method, path, **sent)
        assert response.headers["content-type"] == PROBLEM, response.text
        problem: dict[str, Any] = response.json()
        assert (problem["status"], response.status_code, problem["code"]) == (status, status, code), problem
        return problem

    def supply(self, credits: int = 100, **headers: str) -> dict[str, Any]:
        bought = {"credits": credits, "currency": "EUR", "cost": "12.50"}
        return self.expect(201, "POST", "/v1/supplies", json=bought, headers=headers)
