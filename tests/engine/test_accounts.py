"""Accounts: the contents of a new one, and the effects of an edit."""

from __future__ import annotations

from instructions import VIEW_ACCOUNT, VIEW_WALLET, edit_account, login, new_account


def test_a_new_account_has_one_empty_wallet_and_contact_list(visitor):
    answer = visitor.request(**new_account("ada", user_phone="12", user_alias="the countess"))
    data = answer["account_data"]
    assert answer["account"] == "ada@example.org"
    assert (data["name"], data["phone"], data["alias"]) == ("ada", "12", "the countess")
    assert (data["state"], data["role"], data["to_unlink"]) == ("active", "user", False)
    assert data["ewallet_archive"] == {str(data["ewallet"]): "Wallet 1"}
    assert data["contact_list_archive"] == {str(data["contact_list"]): "Contact list 1"}
    assert answer["session_data"]["session_user_account"] is None
    assert answer["session_data"]["session_account_archive"] == {}


def test_a_new_wallet_is_empty_and_has_a_clock_and_all_sheets(ada):
    wallet, clock = ada.request(**VIEW_WALLET)["ewallet_data"], ada.clock
    assert (wallet["credits"], clock["credit_clock_ms"], clock["clock_state"]) == (0, 0, "inactive")
    assert wallet["clock_archive"] == {str(wallet["clock"]): "Clock 1"}
    assert wallet["clock"] == clock["id"]
    assert clock["ewallet"] == wallet["id"]
    sheets = [
        wallet["transfer_sheet"],
        wallet["invoice_sheet"],
        clock["time_sheet"],
        clock["conversion_sheet"],
    ]
    assert len(set(sheets)) == 4


def test_a_login_answers_the_account_and_the_session(registered):
    answer = registered.request(**login())
    account, session = answer["account_data"], answer["session_data"]
    assert session["session_user_account"] == answer["account"] == "ada@example.org"
    assert session["session_credit_ewallet"] == account["ewallet"]
    assert session["session_contact_list"] == account["contact_list"]
    assert session["session_account_archive"] == {"ada@example.org": "ada"}
    assert session["expires"] == "2026-11-20T12:30:00.000Z"


def test_an_edit_answers_the_fields_that_it_changed_and_changes_no_others(ada):
    answer = ada.request(**edit_account(user_name="ada", user_phone="12", user_alias="the countess"))
    assert [field for field, has_changed in answer["edit"].items() if has_changed] == [
        "user_phone",
        "user_alias",
    ]
    data = ada.request(**VIEW_ACCOUNT)["account_data"]
    assert data == answer["account_data"]
    assert (data["name"], data["email"], data["phone"], data["alias"]) == (
        "ada",
        "ada@example.org",
        "12",
        "the countess",
    )


def test_an_account_may_change_the_case_of_its_own_name_and_email(ada):
    answer = ada.request(**edit_account(user_name="ADA", user_email="Ada@Example.org"))
    assert answer["account"] == answer["account_data"]["email"] == "Ada@Example.org"
    assert answer["account_data"]["name"] == "ADA"


def test_records_show_the_current_email(supplied):
    supplied.request(**edit_account(user_email="lovelace@example.org"))
    assert supplied.records("transfer")[0]["transfer_to"] == "lovelace@example.org"
