"""A line typed at the console: what it says, how it is completed, helped with and hidden."""

import pytest

from ewallet_core.client import validation
from ewallet_tui.console.completion import HOW_TO_BEGIN, candidates, completed, help_with
from ewallet_tui.console.exchange import DONE, Chain
from ewallet_tui.console.line import History, hidden, without_secrets
from ewallet_tui.console.parser import NEEDS_QUOTES, OPEN_QUOTE, read

CLIENT_ACTION = {"controller": "client", "ctype": "action"}
PAY = {**CLIENT_ACTION, "action": "pay", "pay": "bob@example.org", "credits": 10}


@pytest.fixture(scope="module")
def known():
    return validation.registry()


@pytest.mark.parametrize(
    ("line", "chain"),
    [
        ("client action pay pay=bob@example.org credits=10", PAY),
        ("pay pay=bob@example.org credits=10", PAY),
        ('  pay credits=10 notes="for lunch"  pay=bob@example.org ', {**PAY, "notes": "for lunch"}),
        ("pay pay=bob@example.org credits=10 notes=5", {**PAY, "notes": "5"}),
        ("pay pay=bob@example.org credits=10 notes=a=b", {**PAY, "notes": "a=b"}),
        ("pay pay=bob@example.org credits=10 notes=''", {**PAY, "notes": ""}),
        ("stop clock_timer", {**CLIENT_ACTION, "action": "stop", "stop": "clock_timer"}),
        (
            "system action edit permission instruction='client action pay' role=user allowed=false",
            {
                "controller": "system",
                "ctype": "action",
                "action": "edit",
                "edit": "permission",
                "instruction": "client action pay",
                "role": "user",
                "allowed": False,
            },
        ),
        (
            """report issue issue='{"name": "Slow", "details": "It is."}'""",
            {
                **CLIENT_ACTION,
                "action": "report",
                "report": "issue",
                "issue": {"name": "Slow", "details": "It is."},
            },
        ),
        ('{"action": "pay", "pay": "bob@example.org", "credits": 10}', PAY),
        (
            '{"header": {"client_id": "c", "request_id": "12345678"}, "command_chain":'
            ' {"controller": "client", "ctype": "action", "action": "view", "view": "account"}}',
            {**CLIENT_ACTION, "action": "view", "view": "account", "request_id": "12345678"},
        ),
    ],
)
def test_words_and_json_say_the_same_instruction(known, line, chain):
    reading = read(line, known)
    assert (reading.problem, reading.chain) == ("", chain)
    assert reading.found is known.picked_by(chain)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("pay", "pay= is missing: an email address such as ada@example.org."),
        ("pay pay=bob credits=10", "pay must be an email address"),
        ("pay credits=0 pay=bob@example.org", "credits must be a whole number from 1 to 1,000,000,000,000."),
        ("pay colour=red", "This instruction takes no argument colour."),
        ("pay pay=bob@example.org credits=1 credits=2", "credits is given twice."),
        ("pay notes=for lunch", NEEDS_QUOTES),
        ('pay notes="for lunch', OPEN_QUOTE),
        ("view", "There is more than one view."),
        ("veiw acount", "The nearest known: view account"),
        ("system action vew accounts", "The nearest known: system action view accounts"),
        ("credits=1", "An instruction begins with its selectors"),
        ('{"action": ', "Invalid JSON at character 12."),
        ('{"action": "fly"}', "There is no instruction client action fly."),
        ('{"header": 1, "command_chain": {}}', "An enveloped request has"),
        pytest.param('{"a":' * 100_000, "nested too deep", id="deep"),
        ("convert clock2credits credits=1 minutes=2", "Exactly one of"),
    ],
)
def test_what_can_not_be_sent_is_named_before(known, line, problem):
    assert problem in read(line, known).problem


@pytest.mark.parametrize(
    ("line", "first", "after"),
    [
        ("cl", "client", "client "),
        ("client action vi", "view", "client action view "),
        ("view cl", None, None),
        ("view contact ", "list", "view contact list "),
        ("transfer credits", None, None),
        ("transfer credits ", "credits=", "transfer credits credits="),
        ("transfer credits transfer_to=b@c.de n", "notes=", "transfer credits transfer_to=b@c.de notes="),
        ("export sheet format=j", "format=json", "export sheet format=json "),
        ("export sheet kind=", "kind=transfer", "export sheet kind=transfer "),
        ("system action grant role role=o", "role=operator", "system action grant role role=operator "),
        ("edit limit no_limit=", "no_limit=true", "edit limit no_limit=true "),
        (
            "system action edit permission instruction=",
            'instruction="client action request client_id"',
            'system action edit permission instruction="client action request client_id" ',
        ),
        ('{"action": "vi', None, None),
        ("view account colour=", None, None),
    ],
)
def test_a_line_is_completed_from_the_catalogue(known, line, first, after):
    listed = candidates(line, known)
    assert (listed or [None])[0] == first
    assert first is None or completed(line, first) == after


def test_arguments_that_are_needed_are_offered_first_and_once(known):
    assert candidates("pay ", known) == ["pay=", "credits=", "notes=", "payee_account="]
    assert candidates("pay credits=1 ", known) == ["pay=", "notes=", "payee_account="]


@pytest.mark.parametrize(
    ("line", "detail", "is_problem"),
    [
        ("", "", False),
        ("vi", "", False),
        ("veiw ", "There is no instruction veiw.", True),
        ("pay ", "Still needed: pay, credits.", False),
        ("pay credits=", "credits, required: a whole number from 1 to 1,000,000,000,000", False),
        ("pay credits=0", "credits, required: a whole number", True),
        ("pay credits=5", "credits, required: a whole number", False),
        ("pay pay=bob@example.org credits=5 ", "Enter sends it. Optional: notes, payee_account.", False),
        ("view account", "Enter sends it.", False),
        ("edit account user_n", "", False),
        ("view login limit=", "limit, optional: a whole number from 1 to 1,000; 100 when absent", False),
        ("view account colour=red ", "This instruction takes no argument colour.", True),
        ('{"action": "view"', "Invalid JSON at", True),
        ('pay notes="for', "notes, optional: text of at most 1,000 characters", False),
    ],
)
def test_the_help_says_what_the_argument_at_the_cursor_must_be(known, line, detail, is_problem):
    help = help_with(line, len(line), known)
    assert (detail in help.detail, help.is_problem) == (True, is_problem), help
    assert bool(help.detail) is bool(detail)


def test_the_help_says_what_the_instruction_does_wherever_the_cursor_is(known):
    line = "pay credits=5 pay=bob@example.org"
    assert help_with("", 0, known).about == HOW_TO_BEGIN
    assert help_with(line, len(line), known).about == help_with(line, 0, known).about != ""
    assert help_with(line, 6, known).detail.startswith("credits, required")


@pytest.mark.parametrize(
    ("line", "shown", "kept"),
    [
        (
            "login user_name=a user_pass=abc",
            "login user_name=a user_pass=•••",
            "login user_name=a user_pass=",
        ),
        ("login user_pass=ab cd user_name=a", "login user_pass=•• •• user_name=a", None),
        ("login user_pass='a b' user_n", "login user_pass=••••• user_n", "login user_pass= user_n"),
        ("login user_pass='a b", "login user_pass=••••", "login user_pass="),
        ('{"user_pass": "a\\"b", "x": 1}', '{"user_pass": ••••••, "x": 1}', '{"user_pass": "", "x": 1}'),
        ('{"user_pass": "ab', '{"user_pass": •••', '{"user_pass": ""'),
        ('{"user_pass" : 1234}', '{"user_pass" : ••••}', '{"user_pass" : ""}'),
        ("pay notes=pass", "pay notes=pass", "pay notes=pass"),
        ('{"user_pass":["a","b"], "x": 1}', '{"user_pass":•••••••••, "x": 1}', '{"user_pass":"", "x": 1}'),
        ('{"user_pass": {"a": "b, }"}}', '{"user_pass": •••••••••••••}', '{"user_pass": ""}'),
        ('{"user_pass": ["a', '{"user_pass": •••', '{"user_pass": ""'),
        ("{user_pass: 'a b', x: 1}", "{user_pass: •••••, x: 1}", '{user_pass: "", x: 1}'),
        ('{"user_pass": a b, "x": 1}', '{"user_pass": •••, "x": 1}', '{"user_pass": "", "x": 1}'),
        ('{"notes": "user_pass: a"}', '{"notes": "user_pass: a"}', '{"notes": "user_pass: a"}'),
        ("login user_pass =a b:c user_name=d", "login user_pass =• ••• user_name=d", None),
        ("login user_pass = a", "login user_pass = •", "login user_pass = "),
        ("login user_pass:a", "login user_pass:•", "login user_pass:"),
        ('login "user_pass=a b"', 'login "user_pass=••••', 'login "user_pass='),
        ("verify ctoken validity", "verify ctoken validity", "verify ctoken validity"),
    ],
)
def test_a_secret_is_dots_while_it_is_typed_and_is_not_kept(line, shown, kept):
    assert hidden(line) == shown
    assert len(shown) == len(line)
    assert kept is None or without_secrets(line) == kept


def test_what_is_said_of_a_line_tells_no_secret_of_it(known):
    for line in (
        "login user_pass =open-sesame",
        "login user_pass:open-sesame",
        'x {"user_pass":"open-sesame"}',
    ):
        help_ = help_with(line, len(line), known)
        assert "sesame" not in help_.about + help_.detail
        assert "sesame" not in read(line, known).problem


def test_the_history_goes_back_and_forth_and_keeps_what_was_begun():
    history = History()
    for line in ("view account", "view account", "login user_pass=secret"):
        history.add(line)
    assert history.step(-1, "pa") == "login user_pass="
    assert history.step(-1, "") == "view account"
    assert history.step(-1, "") == "view account"
    assert history.step(1, "") == "login user_pass="
    assert history.step(1, "") == "pa"


def test_a_chain_tells_its_selectors_from_its_arguments(known):
    chain = Chain.of({**PAY, "notes": "for \u202elunch"}, known)
    assert chain.selectors == ("client", "action", "pay")
    assert chain.arguments == (
        "pay=bob@example.org",
        "credits=10",
        'notes="for \N{REPLACEMENT CHARACTER}lunch"',
    )
    unknown = Chain.of({**CLIENT_ACTION, "action": "fly", "fly": ["far"]}, known)
    assert str(unknown) == 'client action fly fly=["far"]'


def test_there_is_a_word_for_everything_that_an_action_changes(known):
    actions = {form["action"] for found in known for form in found.forms if found.changes}
    assert actions <= set(DONE)
