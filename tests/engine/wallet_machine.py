"""A state machine of users who pay, convert, run timers and delete accounts, compared with a model."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from database_file import OpenRows
from engine_client import EngineClient, without_sequence
from examples_payments import move_credits, move_time
from examples_system import cleanup
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
from owned_items import restore_record
from wallet_driver import NAMES, SentRequest, UntilRunOut, Wait, WalletDriver, run_on
from wallet_model import RATE, ModelAccount, ModelClock, ModelWallet, Payment

people = st.sampled_from(NAMES)
amounts = st.integers(1, 30)


def _wait(number: int) -> Wait:
    """Mostly less than three minutes, and sometimes until a clock runs out."""
    return number * 173 if number < 930 else UntilRunOut((0, -1, 0, 1)[number % 4])


# Time passes before an instruction, so that any of them can be the first one after a run-out.
waits = st.integers(0, 999).map(_wait)
long_waits = st.sampled_from([HOUR, 3 * HOUR, DAY])

VIEW_WALLETS = {"action": "view", "view": "credit", "credit": "ewallets"}
VIEW_CLOCKS = {"action": "view", "view": "credit", "credit": "clocks"}
CLEANUP_ACCOUNTS = {"controller": "system", "action": "cleanup", "cleanup": "accounts"}
DELETE = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}
STEPS_PER_CHECK = 5
VALID = {"inactive": [START], "active": [PAUSE, STOP], "paused": [RESUME, STOP]}


def recover(name: str) -> Instruction:
    return {"action": "recover", "recover": "account", "user_name": name, "user_pass": PASSWORD}


def holder_verb(verb: str, word: str, **arguments: int) -> Instruction:
    return {"action": verb, verb: "credit", "credit": word, **arguments}


def unlink_transfer(record_id: int) -> Instruction:
    return {"action": "unlink", "unlink": "transfer", "transfer": "record", "record_id": record_id}


def records_by_owner(database: OpenRows, kind: str) -> defaultdict[int, list[dict[str, Any]]]:
    """The linked records of that kind by wallet or clock, oldest first."""
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    question = f"SELECT owner_id, {kind}_records.* FROM {kind}_records JOIN sheets ON sheets.id = sheet_id"
    for row in database.rows(f"{question} WHERE {kind}_records.unlinked_at IS NULL ORDER BY position"):
        found[row["owner_id"]].append(row)
    return found


def _pick(ids: list[int], number: int) -> int:
    return ids[number // 2 % len(ids)]


class WalletMachine(WalletDriver, RuleBasedStateMachine):
    """Accounts start funded, and rules send valid instructions unless they expect an error.

    There are few rules with many variants, because most of many rules would be missing from most runs.
    """

    sent = Bundle("done")
    checks_asked_for = 0
    steps = 0
    """How many steps all machines of the class have made."""

    @initialize(target=sent)
    def fund(self) -> SentRequest:
        for name in NAMES:
            self.supply_credits(name, 200)
            self.succeed(name, to_clock(40))
            self.entries += self.apply_to_clock(self.model[name], 40)
        return self.succeed("ada", START, self.model["ada"].clock.start)

    def active_account(self, name: str, wait: Wait = 0) -> tuple[str, ModelAccount]:
        """The account of that name, or Ada's if it is pending deletion; Ada's is never deleted."""
        self.advance(wait)
        here = name if self.model[name].is_active else "ada"
        return here, self.model[here]

    # Credits

    @rule(
        target=sent,
        name=people,
        other=people,
        wait=waits,
        credits=amounts,
        how=st.sampled_from(
            ["pay", "refund", "transfer", "move", "convert", "convert back", "all back", "supply"]
        ),
    )
    def move_credits(self, name: str, other: str, wait: Wait, credits: int, how: str) -> object:
        name, account = self.active_account(name, wait)
        match how:
            case "supply":
                return self.supply_credits(name, credits)
            case "pay" | "transfer":
                return self.send_credits(name, other, credits, pays=how == "pay")
            case "refund":
                return self.refund_payment(credits)
            case "move":
                return self.move_between_own(name, account, credits)
            case "convert":
                return self.convert_credits(name, account, credits)
        return self.convert_time(name, account, credits if how == "convert back" else None)

    def supply_credits(self, name: str, credits: int) -> SentRequest:
        sent = self.succeed(name, supply(credits))
        wallet = self.model[name].wallet
        wallet.credits += credits
        wallet.transfers.append(sent.answer["transfer_record"])
        self.entries += 1
        return sent

    def send_credits(self, sender: str, recipient: str, credits: int, *, pays: bool) -> SentRequest:
        account, email = self.model[sender], self.emails[recipient]
        instruction: Instruction = {"action": "pay", "pay": email, "credits": credits}
        if not pays:
            instruction = {
                "action": "transfer",
                "transfer": "credits",
                "transfer_to": email,
                "credits": credits,
            }
        if recipient == sender or not self.model[recipient].is_active:
            return self.expect_error(sender, None, instruction)
        if credits > account.wallet.credits:
            return self.expect_error(sender, "not_enough_credits", instruction)
        sent = self.succeed(sender, instruction)
        receiving = self.model[recipient].wallet
        self.apply_movement(
            account.wallet,
            receiving,
            credits,
            sent.answer["transfer_record"],
            self.latest_transfer(recipient),
        )
        if pays:
            self.payments.append(
                Payment(
                    payer=account,
                    payer_wallet_id=account.wallet_id,
                    payee=recipient,
                    payee_account=self.model[recipient],
                    payee_wallet_id=self.model[recipient].wallet_id,
                    record_id=receiving.transfers[-1],
                    credits=credits,
                )
            )
        return sent

    def apply_movement(
        self, sending: ModelWallet, receiving_wallet: ModelWallet, credits: int, *records: int
    ) -> None:
        """Move credits between two wallets of the model, and note the ids of their records."""
        for wallet, moved, record in zip(
            (sending, receiving_wallet), (-credits, credits), records, strict=True
        ):
            wallet.credits += moved
            wallet.transfers.append(record)
        self.entries += 1

    def move_between_own(self, name: str, account: ModelAccount, amount: int) -> SentRequest:
        """Move credits of the active wallet, or minutes of its clock, to another of the account's own."""
        if amount % 2:
            return self.move_time(name, account, _pick(account.clock_ids, amount), amount)
        wallet_id = _pick(sorted(account.wallets), amount)
        instruction = move_credits(wallet_id, amount)
        if wallet_id == account.wallet_id:
            return self.expect_error(name, "same_holder", instruction)
        if amount > account.wallet.credits:
            return self.expect_error(name, "not_enough_credits", instruction)
        sent = self.succeed(name, instruction)
        (theirs,) = self.database.rows("SELECT max(id) AS id FROM transfer_records")
        receiving = account.wallets[wallet_id]
        self.apply_movement(account.wallet, receiving, amount, sent.answer["transfer_record"], theirs["id"])
        return sent

    def move_time(self, name: str, account: ModelAccount, clock_id: int, minutes: int) -> SentRequest:
        giving, instruction = account.clock, move_time(clock_id, minutes)
        if clock_id == account.wallet.clock_id:
            return self.expect_error(name, "same_holder", instruction)
        if minutes * RATE > giving.left(self.clock.now):
            return self.expect_error(name, "not_enough_time", instruction)
        receiving = next(
            wallet.clocks[clock_id] for wallet in account.wallets.values() if clock_id in wallet.clocks
        )
        return self.succeed(
            name, instruction, lambda now: self.apply_time_moved(giving, receiving, minutes * RATE, now)
        )

    def apply_time_moved(self, giving: ModelClock, receiving: ModelClock, span: int, now: int) -> int:
        for clock, moved in ((giving, -span), (receiving, span)):
            clock.time += moved
            clock.conversions += 1
        return 1 + giving.pass_time(now)

    def refund_payment(self, credits: int) -> object:
        if not self.payments:
            return multiple()
        payment = self.payments[credits % len(self.payments)]
        account = payment.payee_account
        if account is not self.model[payment.payee] or not account.is_active:
            return multiple()
        instruction = {
            "action": "refund",
            "refund": "payment",
            "record_id": payment.record_id,
            "credits": credits,
        }
        is_payable = payment.payer.is_active and any(payment.payer is other for other in self.model.values())
        if not is_payable or credits > payment.left or credits > account.wallet.credits:
            return self.expect_error(payment.payee, None, instruction)
        sent = self.succeed(payment.payee, instruction)
        payment.refunded += credits
        into = payment.payer.wallets.get(payment.payer_wallet_id, payment.payer.wallet)
        (theirs,) = self.database.rows("SELECT max(id) AS id FROM transfer_records")
        self.apply_movement(account.wallet, into, credits, sent.answer["transfer_record"], theirs["id"])
        return sent

    def convert_credits(self, name: str, account: ModelAccount, credits: int) -> SentRequest:
        if credits > account.wallet.credits:
            return self.expect_error(name, "not_enough_credits", to_clock(credits))
        return self.succeed(name, to_clock(credits), lambda _: self.apply_to_clock(account, credits))

    def apply_to_clock(self, account: ModelAccount, credits: int) -> int:
        account.wallet.credits -= credits
        account.clock.time += credits * RATE
        account.clock.conversions += 1
        return 1

    def convert_time(self, name: str, account: ModelAccount, credits: int | None) -> SentRequest:
        """Convert that many credits back, or all the time that is left."""
        left = account.clock.left(self.clock.now)
        instruction: Instruction = {"credits": credits}
        if credits is None:
            credits, instruction = left // RATE, {"minutes": f"{left * 1_000_000 // MINUTE / 1_000_000:.6f}"}
        if credits == 0:
            return self.expect_error(name, None, to_credits(minutes=1))
        if credits * RATE > left:
            return self.expect_error(name, "not_enough_time", to_credits(**instruction))
        return self.succeed(
            name, to_credits(**instruction), lambda now: self.apply_to_credits(account, credits, now)
        )

    def apply_to_credits(self, account: ModelAccount, credits: int, now: int) -> int:
        account.wallet.credits += credits
        account.clock.time -= credits * RATE
        account.clock.conversions += 1
        return 1 + account.clock.pass_time(now)

    # The timer

    @rule(target=sent, name=people, wait=waits, stops=st.integers(0, 3))
    def use_timer(self, name: str, wait: Wait, stops: int) -> SentRequest:
        name, account = self.active_account(name, wait)
        clock = account.clock
        if clock.run is None and clock.time == 0:
            return self.expect_error(name, "no_time_left", START)
        if clock.run is None:
            return self.succeed(name, START, clock.start)
        if stops == 3:
            return self.succeed(name, STOP, clock.stop)
        if clock.is_running:
            return self.succeed(name, PAUSE, clock.pause)
        if clock.left(self.clock.now) == 0:
            return self.expect_error(name, "no_time_left", RESUME)
        return self.succeed(name, RESUME, clock.resume)

    @rule(target=sent, name=people, wait=waits, verb=st.sampled_from([START, PAUSE, RESUME, STOP]))
    def misuse_timer(self, name: str, wait: Wait, verb: Instruction) -> object:
        name, account = self.active_account(name, wait)
        if verb in VALID[account.clock.state]:
            return multiple()
        return self.expect_error(name, "timer_state", verb)

    # Wallets, clocks and records

    @rule(
        target=sent,
        name=people,
        which=st.integers(0, 100),
        verb=st.sampled_from(["new", "switch", "unlink"]),
        what=st.sampled_from(["wallet", "clock", "record"]),
    )
    def change_items(self, name: str, which: int, verb: str, what: str) -> object:
        name, account = self.active_account(name)
        if what == "record":
            records = account.wallet.transfers
            if not records:
                return multiple()
            if verb == "switch":
                # Removed and restored: it is back where it was.
                self.succeed(name, unlink_transfer(records[which % len(records)]))
                return self.succeed(name, restore_record("transfer", records[which % len(records)]))
            return self.succeed(name, unlink_transfer(records.pop(which % len(records))))
        if what == "wallet":
            return self.change_wallets(name, account, which, verb)
        return self.change_clocks(name, account.wallet, which, verb)

    def change_wallets(self, name: str, account: ModelAccount, which: int, verb: str) -> SentRequest:
        if verb == "new":
            sent = self.succeed(name, holder_verb("new", "ewallet"))
            data = sent.answer["ewallet_data"]
            account.wallets[data["id"]] = ModelWallet(data["clock"])
            return sent
        wallet_id = sorted(account.wallets)[which % len(account.wallets)]
        instruction = holder_verb(verb, "ewallet", ewallet_id=wallet_id)
        if verb == "switch":
            account.wallet_id = wallet_id
        elif wallet_id == account.wallet_id or not account.wallets[wallet_id].is_empty:
            return self.expect_error(name, None, instruction)
        else:
            del account.wallets[wallet_id]
        return self.succeed(name, instruction)

    def change_clocks(self, name: str, wallet: ModelWallet, which: int, verb: str) -> SentRequest:
        if verb == "new":
            sent = self.succeed(name, holder_verb("new", "clock"))
            wallet.clocks[sent.answer["credit_clock"]] = ModelClock()
            return sent
        clock_id = sorted(wallet.clocks)[which % len(wallet.clocks)]
        instruction = holder_verb(verb, "clock", clock_id=clock_id)
        if verb == "switch":
            wallet.clock_id = clock_id
        elif clock_id == wallet.clock_id or not wallet.clocks[clock_id].is_idle_and_empty:
            return self.expect_error(name, None, instruction)
        else:
            del wallet.clocks[clock_id]
        return self.succeed(name, instruction)

    # Deletion and recovery

    @rule(name=st.sampled_from(NAMES[1:]), wait=waits)
    def delete_or_recover(self, name: str, wait: Wait) -> None:
        self.advance(wait)
        account = self.model[name]
        if account.erased_at is None:
            self.delete_account(name, account)
        else:
            self.recover_account(name, account, account.erased_at)

    def delete_account(self, name: str, account: ModelAccount) -> None:
        self.callers[name].request(**DELETE)
        for clock in account.clocks:
            if clock.run is not None:
                self.entries += clock.stop(self.clock.now)
        account.erased_at = self.clock.now + 30 * DAY
        self.callers[name].expect_error("not_logged_in", **VIEW_WALLETS)

    def recover_account(self, name: str, account: ModelAccount, due: int) -> None:
        visitor = EngineClient(self.engine).open_session()
        if self.clock.now >= due:
            assert visitor.send(**recover(name))["failed"]
            return
        visitor.request(**recover(name))
        self.callers[name] = visitor
        account.erased_at = None

    @precondition(lambda self: any(not account.is_active for account in self.model.values()))
    @rule(wait=st.sampled_from([0, 29 * DAY, 30 * DAY]))
    def erase_due_accounts(self, wait: int) -> None:
        self.advance(wait)
        self.system.request(**CLEANUP_ACCOUNTS)
        for name, account in list(self.model.items()):
            if account.erased_at is not None and account.erased_at <= self.clock.now:
                self.create_account(name)

    # Repetition, time and restarts

    @rule(earlier=sent, name=people, how=st.sampled_from(["again", "changed", "by another account"]))
    def repeat_request(self, earlier: SentRequest, name: str, how: str) -> None:
        if how == "by another account":
            self.use_id_of_another_account(earlier, name)
        elif self.is_outdated(earlier):
            return
        elif how == "again":
            again = self.callers[earlier.name].send(**earlier.instruction, request_id=earlier.request_id)
            assert without_sequence(again) == without_sequence(earlier.answer)
        else:
            self.callers[earlier.name].expect_error(
                "request_id_reused", **supply(31), request_id=earlier.request_id
            )

    def use_id_of_another_account(self, earlier: SentRequest, name: str) -> None:
        name, account = self.active_account(name)
        if name != earlier.name and (name, earlier.request_id) not in self.used:
            self.used.add((name, earlier.request_id))
            answer = self.callers[name].request(**supply(1), request_id=earlier.request_id)
            account.wallet.credits += 1
            account.wallet.transfers.append(answer["transfer_record"])
            self.entries += 1

    @rule(
        name=people,
        wait=long_waits,
        what=st.sampled_from(["restart", "login", "wait", "set back", "leap"]),
    )
    def disturb(self, name: str, wait: int, what: str) -> None:
        match what:
            case "restart":
                self.close()
                self.open()
                self.callers = {name: caller.at(self.engine) for name, caller in self.callers.items()}
            case "login":
                self.log_in_again(self.active_account(name)[0])
            case "wait":
                self.advance(wait)
            case "leap":
                self.leap_and_return(self.active_account(name)[0])
            case _:
                self.clock.forward(-wait // 7)

    def leap_and_return(self, name: str) -> None:
        for leap in (400 * DAY, -400 * DAY):
            self.leap_by(leap)
            self.callers[name].expect_error("clock_in_doubt", **supply(1))
            for what in ("clocks", "accounts", "history"):
                self.system.expect_error("clock_in_doubt", **cleanup(what))
            self.leap_by(-leap)

    # Invariants

    @invariant()
    def the_ledger_verifies(self) -> None:
        """Checked every few steps and at the end: what is wrong in it stays, and a check takes long."""
        self.checks_asked_for += 1
        type(self).steps += 1
        if self.checks_asked_for % STEPS_PER_CHECK == 0:
            assert self.database.violations() == []

    def teardown(self) -> None:
        try:
            assert self.database.violations() == []
        finally:
            super().teardown()

    @invariant()
    def every_wallet_agrees_with_the_model(self) -> None:
        for name, account in self.active_accounts():
            wallets = self.callers[name].request(**VIEW_WALLETS)["ewallets"]
            assert {wallet["id"]: (wallet["credits"], wallet["clock"]) for wallet in wallets} == {
                wallet_id: (wallet.credits, wallet.clock_id) for wallet_id, wallet in account.wallets.items()
            }

    @invariant()
    def every_clock_agrees_with_the_model(self) -> None:
        now = self.clock.now
        for name, account in self.active_accounts():
            clocks = self.callers[name].request(**VIEW_CLOCKS)["clocks"]
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
            records_by_owner(self.database, kind) for kind in ("transfer", "time", "conversion")
        )
        for _, account in self.active_accounts():
            for wallet_id, wallet in account.wallets.items():
                assert [row["id"] for row in transfers[wallet_id]] == wallet.transfers
                for clock_id, clock in wallet.clocks.items():
                    assert [run_on(row) for row in runs[clock_id]] == clock.runs
                    assert len(conversions[clock_id]) == clock.conversions

    @rule(name=people, kind=st.sampled_from(["transfer", "time", "conversion"]))
    def view_sheet(self, name: str, kind: str) -> None:
        name, account = self.active_account(name)
        owner = account.wallet_id if kind == "transfer" else account.wallet.clock_id
        sheet = self.callers[name].request(**view_list(kind, limit=1000))["sheet_data"]
        shown = [row["id"] for row in reversed(sheet["rows"])]
        assert shown == [row["id"] for row in records_by_owner(self.database, kind)[owner]]
        assert sheet["record_count"] == len(shown)

    @invariant()
    def the_number_of_entries_agrees_with_the_model(self) -> None:
        (counted,) = self.database.rows("SELECT count(*) AS entries FROM entries")
        assert counted["entries"] == self.entries

    def active_accounts(self) -> list[tuple[str, ModelAccount]]:
        return [(name, account) for name, account in self.model.items() if account.is_active]
