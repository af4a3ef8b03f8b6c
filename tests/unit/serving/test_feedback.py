"""True outcomes."""

import json

import pytest
from modelyard_serving.failures import InvalidRequest
from modelyard_serving.protocols.feedback import Outcome, OutcomeReader


def test_one_outcome_is_taken(client, app):
    answer = client.post("/feedback", json={"request_id": "r-1", "outcome": "yes"})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    assert app.records.outcomes[0].outcomes == [Outcome("r-1", 0, "yes")]


def test_many_outcomes_are_taken(client, app):
    entries = [{"request_id": "r-1", "row": row, "outcome": "no"} for row in range(10_000)]
    assert client.post("/feedback", json={"outcomes": entries}).json() == {"accepted": 10_000}
    assert app.records.outcomes[0].rows == 10_000


def test_too_many_outcomes_are_413(client):
    entries = [{"request_id": "r-1", "row": row, "outcome": "no"} for row in range(10_001)]
    assert client.post("/feedback", json={"outcomes": entries}).status_code == 413


def test_one_wrong_outcome_refuses_all_and_is_named(client, app):
    entries = [{"request_id": "r-1", "outcome": "no"}, {"request_id": "r-1", "row": 1, "outcome": "perhaps"}]
    answer = client.post("/feedback", json={"outcomes": entries})
    assert answer.status_code == 400
    assert answer.json()["message"] == "outcomes[1]: outcome has to be one of the model's classes: no, yes"
    assert app.records.outcomes == []


def test_feedback_that_cannot_be_kept_is_503(client, app):
    app.records.full = True
    answer = client.post("/feedback", json={"request_id": "r-1", "outcome": "yes"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    ("classes", "sent", "text"),
    [
        (("0", "1"), 1, "1"),
        (("0", "1"), True, "1"),
        (("0", "1"), 1.0, "1"),
        (("0.0", "1.0"), 1, "1.0"),
        (("false", "true"), False, "false"),
        (("False", "True"), True, "True"),
        ((), 3, "3.0"),
        ((), -2.5, "-2.5"),
    ],
)
def test_outcomes_are_written_as_the_classes_are(classes, sent, text):
    body = b'{"request_id": "a", "outcome": %s}' % str(sent).lower().encode()
    assert OutcomeReader(classes, 10).read(body) == [Outcome("a", 0, text)]


@pytest.mark.parametrize(
    ("classes", "sent", "text"),
    [
        (("no", "yes"), " Yes", "yes"),
        (("False", "True"), "TRUE", "True"),
        (("True", "true"), "true", "true"),
        (("0", "1"), "1.0", "1"),
        (("0.0", "1.0"), "1", "1.0"),
        (("01", "02"), 1, "01"),
        (("no", "yes"), True, "yes"),
        (("N", "Y"), "false", "N"),
        (("1", "1.0"), 1, "1"),
    ],
)
def test_a_class_is_found_whatever_its_spelling(classes, sent, text):
    body = json.dumps({"request_id": "a", "outcome": sent}).encode()
    assert OutcomeReader(classes, 10).read(body) == [Outcome("a", 0, text)]


@pytest.mark.parametrize(
    ("classes", "sent"),
    [(("True", "true"), "TRUE"), (("a", "c", "g", "t"), True), (("1", "1.0"), "+1"), (("no", "yes"), ""), (("no", "yes"), 10**400)],
)
def test_an_outcome_that_may_mean_two_classes_or_none_is_refused(classes, sent):
    with pytest.raises(InvalidRequest, match="one of the model's classes"):
        OutcomeReader(classes, 10).read(json.dumps({"request_id": "a", "outcome": sent}).encode())


@pytest.mark.parametrize("sent", [b'"3"', b"true", b"NaN", b"Infinity", b"null", b"1" + b"0" * 400])
def test_a_regression_takes_finite_numbers_alone(sent):
    with pytest.raises(InvalidRequest, match="finite number"):
        OutcomeReader((), 10).read(b'{"request_id": "a", "outcome": %s}' % sent)


@pytest.mark.parametrize(
    "entry",
    [
        {"request_id": "r"},
        {"outcome": "yes"},
        {"request_id": "r", "outcome": "yes", "label": 1},
        {"request_id": "r", "outcome": "yes", "row": -1},
        {"request_id": "r", "outcome": "yes", "row": True},
        {"request_id": "", "outcome": "yes"},
        {"request_id": "r\n", "outcome": "yes"},
        {"request_id": 5, "outcome": "yes"},
        {"request_id": "r", "outcome": None},
        {"request_id": "r", "outcome": ["yes"]},
    ],
)
def test_entries_that_are_refused(client, entry):
    answer = client.post("/feedback", json=entry)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("outcomes[0]")
