"""Persons who operate: accounts with a role, given by the program that runs the engine."""

from backends import ask_system
from person import PASSWORD, Person


def grant(backend, email: str, role: str) -> None:
    with backend.open_engine() as engine:
        ask_system(engine, action="grant", grant="role", account=email, role=role)


def supply(backend, email: str, credits: int) -> None:
    """Give somebody credits for a euro."""
    bought = {"credits": credits, "currency": "EUR", "cost": "1"}
    with backend.open_engine() as engine:
        ask_system(engine, action="supply", supply="credits", supply_to=email, **bought)


async def be(person: Person, backend, role: str, name: str = "ada") -> None:
    """Be logged in as somebody of that role."""
    await person.register(name)
    grant(backend, f"{name}@example.org", role)
    await person.app.context.store.refresh()


async def there_is(person: Person, *names: str) -> None:
    """Make accounts of these names."""
    for name in names:
        account = {"user_name": name, "user_email": f"{name.split()[0]}@example.org", "user_pass": PASSWORD}
        await person.app.context.send(action="new", new="account", **account)
