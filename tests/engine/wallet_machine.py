"""People who pay, convert, run timers, come and go, and an engine that must keep up with plain numbers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from database_file import DatabaseFile
from engine_client import EngineClient
from fakes import DAY, HOUR, MINUTE
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)
from instructions import (
    PASSWORD,
    PAUSE,
    RESUME,
    START,
    STOP,
    Instruction,
    supply,
    to_clock,
    to_credits,
    view_list,
)
from wallet_driver import NAMES, Done, ToWhereAClockIsEmpty, Wait, WalletDriver, run_on
from wallet_model import RATE, ModelAccount, ModelClock, ModelWallet, Payment

people = st.sampled_from(NAMES)
amounts = st.integers(1, 30)


def _wait(number: int) -> Wait:
    """Mostly less than three minutes, and sometimes to where a clock is empty: what ran out is not paused."""
    return number * 173 if number < 930 else ToWhereAClockIsEmpty((0, -1, 0, 1)[number % 4])


# Time goes on before an instruction, so that each of them is the first that comes after a run-out.
waits = st.integers(0, 999).map(_wait)
long_waits = st.sampled_from([HOUR, 3 * HOUR, DAY])

VIEW_WALLETS = {"action": "view", "view": "credit", "credit": "ewallets"}
VIEW_CLOCKS = {"action": "view", "view": "credit", "credit": "clocks"}
CLEANUP_ACCOUNTS = {"controller": "system", "action": "cleanup", "cleanup": "accounts"}
LEAVE = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}
SENSIBLE = {"inactive": [START], "active": [PAUSE, STOP], "paused": [RESUME, STOP]}


def recover(name: str) -> Instruction:
    return {"action": "recover", "recover": "account", "user_name": name, "user_pass": PASSWORD}


def held(verb: str, word: str, **arguments: int) -> Instruction:
    return {"action": verb, verb: "credit", "credit": word, **arguments}


def unlink_transfer(record_id: int) -> Instruction:
    return {"action": "unlink", "unlink": "transfer", "transfer": "record", "record_id": record_id}


def kept_of(kept: DatabaseFile, kind: str) -> defaultdict[int, list[dict[str, Any]]]:
    """The linked records of that kind by the wallet or clock whose they are, oldest first."""
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    question = f"SELECT owner_id, {kind}_records.* FROM {kind}_records JOIN sheets ON sheets.id = sheet_id"
    for row in kept.rows(f"{question} WHERE {kind}_records.unlinked_at IS NULL ORDER BY position"):
        found[row["owner_id"]].append(row)
    return found


class WalletMachine(WalletDriver, RuleBasedStateMachine):
    """Accounts start funded, and a rule does what can be done: what it asks is refused only on purpose.

    Few rules, each with many ways: of many rules most would be left out of most runs.
    """

    done = Bundle("done")

    @initialize(target=done)
    def are_funded(self) -> Done:
        for name in NAMES:
            self.is_supplied(name, 200)
            self.does(name, to_clock(40))
            self.entries += self.moves_to_clock(self.model[name], 40)
        return self.does("ada", START, self.model["ada"].clock.start)

    def somebody(self, name: str, wait: Wait = 0) -> tuple[str, ModelAccount]:
        """The person, or Ada where they are away; Ada never leaves."""
        self.transient(wait)
        here = name if self.model[name].is_here else "ada"
        return here, self.model[here]

    # Money

    @rule(
        target=done,
        name=people,
        other=people,
        wait=waits,
        credits=amounts,
        how=st.sampled_from(["pay", "refund", "transfer", "convert", "convert back", "all back", "supply"]),
    )
    def moves_money(self, name: str, other: str, wait: Wait, credits: int, how: str) -> object:
        name, account = self.somebody(name, wait)
        match how:
            case "supply":
                return self.is_supplied(name, credits)
            case "pay" | "transfer":
                return self.gives(name, other, credits, pays=how == "pay")
            case "refund":
                return self.refunds(credits)
            case "convert":
                return self.converts_credits(name, account, credits)
        return self.converts_time(name, account, credits if how == "convert back" else None)

    def is_supplied(self, name: str, credits: int) -> Done:
        done = self.does(name, supply(credits))
        wallet = self.model[name].wallet
        wallet.credits += credits
        wallet.transfers.append(done.answer["transfer_record"])
        self.entries += 1
        return done

    def gives(self, sender: str, taker: str, credits: int, *, pays: bool) -> Done:
        account, email = self.model[sender], f"{taker}@example.org"
        instruction: Instruction = {"action": "pay", "pay": email, "credits": credits}
        if not pays:
            instruction = {
                "action": "transfer",
                "transfer": "credits",
                "transfer_to": email,
                "credits": credits,
            }
        if taker == sender or not self.model[taker].is_here:
            return self.is_refused(sender, None, instruction)
        if credits > account.wallet.credits:
            return self.is_refused(sender, "not_enough_credits", instruction)
        done = self.does(sender, instruction)
        receiving = self.model[taker].wallet
        self.moves(
            account.wallet, receiving, credits, done.answer["transfer_record"], self.latest_transfer(taker)
        )
        if pays:
            self.payments.append(
                Payment(
                    payer=account,
                    payer_wallet_id=account.wallet_id,
                    payee=taker,
                    payee_account=self.model[taker],
                    payee_wallet_id=self.model[taker].wallet_id,
                    record_id=receiving.transfers[-1],
                    credits=credits,
                )
            )
        return done

    def moves(self, giving: ModelWallet, taking: ModelWallet, credits: int, *records: int) -> None:
        """Credits go from one wallet to the other in the model, which is told their records' ids."""
        for wallet, moved, record in zip((giving, taking), (-credits, credits), records, strict=True):
            wallet.credits += moved
            wallet.transfers.append(record)
        self.entries += 1

    def refunds(self, credits: int) -> object:
        if not self.payments:
            return multiple()
        payment = self.payments[credits % len(self.payments)]
        account = payment.payee_account
        if account is not self.model[payment.payee] or not account.is_here:
            return multiple()
        asked = {"action": "refund", "refund": "payment", "record_id": payment.record_id, "credits": credits}
        wallet = account.wallets.get(payment.payee_wallet_id)
        if wallet is None or payment.record_id not in wallet.transfers:
            return self.is_refused(payment.payee, "not_found", asked)
        is_there = any(payment.payer is other for other in self.model.values()) and payment.payer.is_here
        if not is_there or credits > payment.left or credits > account.wallet.credits:
            return self.is_refused(payment.payee, None, asked)
        done = self.does(payment.payee, asked)
        payment.refunded += credits
        into = payment.payer.wallets.get(payment.payer_wallet_id, payment.payer.wallet)
        (theirs,) = self.kept.rows("SELECT max(id) AS id FROM transfer_records")
        self.moves(account.wallet, into, credits, done.answer["transfer_record"], theirs["id"])
        return done

    def converts_credits(self, name: str, account: ModelAccount, credits: int) -> Done:
        if credits > account.wallet.credits:
            return self.is_refused(name, "not_enough_credits", to_clock(credits))
        return self.does(name, to_clock(credits), lambda _: self.moves_to_clock(account, credits))

    def moves_to_clock(self, account: ModelAccount, credits: int) -> int:
        account.wallet.credits -= credits
        account.clock.time += credits * RATE
        account.clock.conversions += 1
        return 1

    def converts_time(self, name: str, account: ModelAccount, credits: int | None) -> Done:
        """Convert so many credits' worth back, or as many as the time that is left gives."""
        left = account.clock.left(self.clock.now)
        asked: Instruction = {"credits": credits}
        if credits is None:
            credits, asked = left // RATE, {"minutes": f"{left * 1_000_000 // MINUTE / 1_000_000:.6f}"}
        if credits == 0:
            return self.is_refused(name, None, to_credits(minutes=1))
        if credits * RATE > left:
            return self.is_refused(name, "not_enough_time", to_credits(**asked))
        return self.does(name, to_credits(**asked), lambda now: self.moves_to_credits(account, credits, now))

    def moves_to_credits(self, account: ModelAccount, credits: int, now: int) -> int:
        account.wallet.credits += credits
        account.clock.time -= credits * RATE
        account.clock.conversions += 1
        return 1 + account.clock.pass_time(now)

    # The timer

    @rule(target=done, name=people, wait=waits, stops=st.integers(0, 3))
    def uses_the_timer(self, name: str, wait: Wait, stops: int) -> Done:
        name, account = self.somebody(name, wait)
        clock = account.clock
        if clock.run is None and clock.time == 0:
            return self.is_refused(name, "no_time_left", START)
        if clock.run is None:
            return self.does(name, START, clock.start)
        if stops == 3:
            return self.does(name, STOP, clock.stop)
        if clock.is_running:
            return self.does(name, PAUSE, clock.pause)
        if clock.left(self.clock.now) == 0:
            return self.is_refused(name, "no_time_left", RESUME)
        return self.does(name, RESUME, clock.resume)

    @rule(target=done, name=people, wait=waits, verb=st.sampled_from([START, PAUSE, RESUME, STOP]))
    def misuses_the_timer(self, name: str, wait: Wait, verb: Instruction) -> object:
        name, account = self.somebody(name, wait)
        if verb in SENSIBLE[account.clock.state]:
            return multiple()
        return self.is_refused(name, "timer_state", verb)

    # Wallets, clocks and records

    @rule(
        target=done,
        name=people,
        which=st.integers(0, 100),
        verb=st.sampled_from(["new", "switch", "unlink"]),
        what=st.sampled_from(["wallet", "clock", "record"]),
    )
    def arranges(self, name: str, which: int, verb: str, what: str) -> object:
        name, account = self.somebody(name)
        if what == "record":
            records = account.wallet.transfers
            return (
                self.does(name, unlink_transfer(records.pop(which % len(records)))) if records else multiple()
            )
        if what == "wallet":
            return self.arranges_wallets(name, account, which, verb)
        return self.arranges_clocks(name, account.wallet, which, verb)

    def arranges_wallets(self, name: str, account: ModelAccount, which: int, verb: str) -> Done:
        if verb == "new":
            done = self.does(name, held("new", "ewallet"))
            data = done.answer["ewallet_data"]
            account.wallets[data["id"]] = ModelWallet(data["clock"])
            return done
        wallet_id = sorted(account.wallets)[which % len(account.wallets)]
        instruction = held(verb, "ewallet", ewallet_id=wallet_id)
        if verb == "switch":
            account.wallet_id = wallet_id
        elif wallet_id == account.wallet_id or not account.wallets[wallet_id].is_empty:
            return self.is_refused(name, None, instruction)
        else:
            del account.wallets[wallet_id]
        return self.does(name, instruction)

    def arranges_clocks(self, name: str, wallet: ModelWallet, which: int, verb: str) -> Done:
        if verb == "new":
            done = self.does(name, held("new", "clock"))
            wallet.clocks[done.answer["credit_clock"]] = ModelClock()
            return done
        clock_id = sorted(wallet.clocks)[which % len(wallet.clocks)]
        instruction = held(verb, "clock", clock_id=clock_id)
        if verb == "switch":
            wallet.clock_id = clock_id
        elif clock_id == wallet.clock_id or not wallet.clocks[clock_id].is_idle_and_empty:
            return self.is_refused(name, None, instruction)
        else:
            del wallet.clocks[clock_id]
        return self.does(name, instruction)

    # Coming and going

    @rule(name=st.sampled_from(NAMES[1:]), wait=waits)
    def leaves_or_comes_back(self, name: str, wait: Wait) -> None:
        self.transient(wait)
        account = self.model[name]
        if account.leaves_at is None:
            self.leaves(name, account)
        else:
            self.comes_back(name, account, account.leaves_at)

    def leaves(self, name: str, account: ModelAccount) -> None:
        self.callers[name].asks_ok(**LEAVE)
        for clock in account.clocks:
            if clock.run is not None:
                self.entries += clock.stop(self.clock.now)
        account.leaves_at = self.clock.now + 30 * DAY
        self.callers[name].is_refused("not_logged_in", **VIEW_WALLETS)

    def comes_back(self, name: str, account: ModelAccount, due: int) -> None:
        visitor = EngineClient(self.engine).opens_a_session()
        if self.clock.now >= due:
            assert visitor.ask(**recover(name))["failed"]
            return
        visitor.asks_ok(**recover(name))
        self.callers[name] = visitor
        account.leaves_at = None

    @precondition(lambda self: any(not account.is_here for account in self.model.values()))
    @rule(wait=st.sampled_from([0, 29 * DAY, 30 * DAY]))
    def the_due_are_erased(self, wait: int) -> None:
        self.transient(wait)
        self.program.asks_ok(**CLEANUP_ACCOUNTS)
        for name, account in list(self.model.items()):
            if account.leaves_at is not None and account.leaves_at <= self.clock.now:
                self.arrives(name)

    # Asking again, time, and the machine

    @rule(did=done, name=people, how=st.sampled_from(["again", "otherwise", "by somebody else"]))
    def asks_under_the_same_id(self, did: Done, name: str, how: str) -> None:
        if how == "by somebody else":
            self.somebody_else_uses_the_same_id(did, name)
        elif self.is_not_as_it_was(did):
            return
        elif how == "again":
            again = self.callers[did.name].ask(**did.instruction, request_id=did.request_id)
            assert again == did.answer
        else:
            self.callers[did.name].is_refused("request_id_reused", **supply(31), request_id=did.request_id)

    def somebody_else_uses_the_same_id(self, did: Done, name: str) -> None:
        name, account = self.somebody(name)
        if name != did.name and (name, did.request_id) not in self.used:
            self.used.add((name, did.request_id))
            answer = self.callers[name].asks_ok(**supply(1), request_id=did.request_id)
            account.wallet.credits += 1
            account.wallet.transfers.append(answer["transfer_record"])
            self.entries += 1

    @rule(name=people, wait=long_waits, what=st.sampled_from(["restart", "login", "wait", "set back"]))
    def something_happens(self, name: str, wait: int, what: str) -> None:
        match what:
            case "restart":
                self.close()
                self.open()
                self.callers = {name: caller.at(self.engine) for name, caller in self.callers.items()}
            case "login":
                self.enter(self.somebody(name)[0])
            case "wait":
                self.transient(wait)
            case _:
                self.clock.forward(-wait // 7)

    # What always holds

    @invariant()
    def the_ledger_is_in_order(self) -> None:
        assert self.kept.faults() == []

    @invariant()
    def every_wallet_holds_what_plain_numbers_come_to(self) -> None:
        for name, account in self.those_here():
            wallets = self.callers[name].asks_ok(**VIEW_WALLETS)["ewallets"]
            assert {wallet["id"]: (wallet["credits"], wallet["clock"]) for wallet in wallets} == {
                wallet_id: (wallet.credits, wallet.clock_id) for wallet_id, wallet in account.wallets.items()
            }

    @invariant()
    def every_clock_shows_what_plain_numbers_come_to(self) -> None:
        now = self.clock.now
        for name, account in self.those_here():
            clocks = self.callers[name].asks_ok(**VIEW_CLOCKS)["clocks"]
            assert {
                clock["id"]: (clock["credit_clock_ms"], clock["minutes_spent_ms"], clock["clock_state"])
                for clock in clocks
            } == {
                clock_id: (clock.left(now), clock.used(now), clock.state)
                for clock_id, clock in account.wallet.clocks.items()
            }

    @invariant()
    def every_record_is_on_its_sheet_once(self) -> None:
        transfers, runs, conversions = (
            kept_of(self.kept, kind) for kind in ("transfer", "time", "conversion")
        )
        for _, account in self.those_here():
            for wallet_id, wallet in account.wallets.items():
                assert [row["id"] for row in transfers[wallet_id]] == wallet.transfers
                for clock_id, clock in wallet.clocks.items():
                    assert [run_on(row) for row in runs[clock_id]] == clock.runs
                    assert len(conversions[clock_id]) == clock.conversions

    @rule(name=people, kind=st.sampled_from(["transfer", "time", "conversion"]))
    def looks_at_a_sheet(self, name: str, kind: str) -> None:
        name, account = self.somebody(name)
        owner = account.wallet_id if kind == "transfer" else account.wallet.clock_id
        sheet = self.callers[name].asks_ok(**view_list(kind, limit=1000))["sheet_data"]
        shown = [row["id"] for row in reversed(sheet["rows"])]
        assert shown == [row["id"] for row in kept_of(self.kept, kind)[owner]]
        assert sheet["record_count"] == len(shown)

    @invariant()
    def nothing_is_written_twice(self) -> None:
        (kept,) = self.kept.rows("SELECT count(*) AS entries FROM entries")
        assert kept["entries"] == self.entries

    def those_here(self) -> list[tuple[str, ModelAccount]]:
        return [(name, account) for name, account in self.model.items() if account.is_here]
