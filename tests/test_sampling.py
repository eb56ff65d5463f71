"""Choosing tokens from logits and numbers, and writing sequences: held against what can be counted or enumerated."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models import autoregressive_prior
from dalle_tutorial.models.sampling import (
    beam_search,
    check_settings,
    choose,
    guided,
    inverse_cdf,
    take_rows,
    write,
    written,
)
from dalle_tutorial.text.tokenizers import END, PAD

SHARES = np.array([[0.1, 0.4, 0.2, 0.3]])
EVEN = (np.arange(2000) + 0.5) / 2000


def drawn(shares, **how):
    """The share of each token among those drawn with numbers spread evenly over 0…1."""
    logits = np.log(shares).repeat(len(EVEN), 0)
    return np.bincount(choose(logits, EVEN, **how), minlength=shares.shape[1]) / len(EVEN)


@pytest.mark.parametrize(("how", "expected"), [
    ({}, [0.1, 0.4, 0.2, 0.3]),
    ({"temperature": 0}, [0, 1, 0, 0]),
    ({"temperature": 0.5}, np.array([1, 16, 4, 9]) / 30),
    ({"top_k": 2}, [0, 4 / 7, 0, 3 / 7]),
    ({"top_k": 9}, [0.1, 0.4, 0.2, 0.3]),
    ({"top_p": 0.4}, [0, 1, 0, 0]),
    ({"top_p": 0.41}, [0, 4 / 7, 0, 3 / 7]),
    ({"top_p": 0.85}, [0, 4 / 9, 2 / 9, 3 / 9]),
    ({"top_p": 1.0}, [0.1, 0.4, 0.2, 0.3]),
    ({"top_k": 3, "top_p": 0.5}, [0, 4 / 7, 0, 3 / 7]),
    ({"top_p": 0.5, "temperature": 0.5}, [0, 1, 0, 0]),
    ({"allowed": np.array([[True, False, True, False]]).repeat(len(EVEN), 0)}, [1 / 3, 0, 2 / 3, 0]),
    ({"temperature": 0, "allowed": np.array([[True, False, True, False]]).repeat(len(EVEN), 0)}, [0, 0, 1, 0]),
    ({"top_k": 1, "allowed": np.array([[True, False, True, False]]).repeat(len(EVEN), 0)}, [0, 0, 1, 0]),
])
def test_tokens_come_as_often_as_they_should(how, expected):
    np.testing.assert_allclose(drawn(SHARES, **how), expected, atol=1e-3)


@pytest.mark.parametrize("number", [0.0, 1e-300, 0.5, 1.0])
def test_what_is_forbidden_is_never_drawn_at_the_ends_of_the_range_either(number):
    for lets in itertools.product([False, True], repeat=4):
        if any(lets):
            token = choose(np.log(SHARES), np.array([number]), allowed=np.array([lets]))[0]
            assert lets[token]


def test_the_prior_draws_with_the_same_function():
    assert autoregressive_prior.inverse_cdf is inverse_cdf


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=9), st.floats(0, 1), st.integers(1, 9), st.floats(0.01, 1))
def test_a_row_is_chosen_by_itself_alone_and_stays_in_the_nucleus(row, number, top_k, top_p):
    logits, numbers = np.array([row, row[::-1]]), np.array([number, 1 - number])
    how = {"top_k": top_k, "top_p": top_p}
    both = choose(logits, numbers, **how)
    assert both[0] == choose(logits[:1], numbers[:1], **how)[0] and both[1] == choose(logits[1:], numbers[1:], **how)[0]
    likelier = np.sum(np.array(row) > row[both[0]])
    assert likelier < top_k
    shares = np.exp(log_softmax(row))
    assert shares[np.array(row) > row[both[0]]].sum() < top_p + 1e-9


def test_guidance_goes_from_what_is_said_without_the_caption_through_what_is_said_with_it():
    told, without = np.array([[1.0, 2.0]], "float32"), np.array([[3.0, -1.0]], "float32")
    both = np.concatenate([told, without])
    for scale, expected in ((0, without), (1, told), (3, without + 3 * (told - without))):
        np.testing.assert_allclose(guided(both, scale), expected, rtol=1e-6)


@pytest.mark.parametrize(("setting", "message"), [
    ({"temperature": -0.1}, "temperature is -0.1"), ({"temperature": float("nan")}, "temperature is nan"),
    ({"guidance_scale": float("inf")}, "guidance_scale is inf"), ({"top_k": 0}, "top_k is 0: .* at least 1, or None"),
    ({"top_k": 1.5}, "top_k is 1.5"), ({"top_p": 0}, "top_p is 0: .* above 0"), ({"top_p": 1.1}, "top_p is 1.1"),
])
def test_settings_out_of_range_are_named(setting, message):
    check_settings()
    with pytest.raises(TutorialError, match=message):
        check_settings(**setting)


# A writer with a memory: the logits of a token depend on all before it, which only the cache remembers.
WORDS, LENGTH = 5, 4
TABLE = np.random.default_rng(3).normal(size=(7, WORDS)) * 2 - (np.arange(WORDS) == END)


def step(tokens, position, cache):
    """The sum of all tokens so far, each times its position, decides."""
    assert len(tokens) == len(cache["sum"])
    total = cache["sum"] + (position + 1) * tokens
    return TABLE[total % 7], {"sum": total}


def begin(rows):
    """The logits of the first token and the cache of rows that begin differently."""
    cache = {"sum": np.arange(rows)}
    return TABLE[cache["sum"] % 7], cache


def log_probability(row, tokens):
    """Of one sequence, from its definition; PAD is no word."""
    logits, total, cache = TABLE[row % 7], 0.0, {"sum": np.array([row])}
    for k, token in enumerate(tokens):
        total += log_softmax(np.where(np.arange(WORDS) == PAD, -np.inf, logits))[token]
        if token == END:
            break
        (logits,), cache = step(np.array([token]), k, cache)
    return total


def sentences():
    """All that can be written: words up to the first END, or LENGTH of them; then PAD."""
    for tokens in itertools.product(range(WORDS), repeat=LENGTH):
        end = tokens.index(END) + 1 if END in tokens else LENGTH
        if set(tokens[end:]) <= {PAD} and PAD not in tokens[:end]:
            yield tokens


def test_greedy_takes_the_likeliest_each_time_and_fills_up_behind_the_end():
    rows = 6
    logits, cache = begin(rows)
    greedy = written(write(step, logits, cache, np.zeros((rows, LENGTH)), end=END, temperature=0), LENGTH)
    for row in range(rows):
        logits, cache = TABLE[row % 7], {"sum": np.array([row])}
        for k in range(LENGTH):
            assert greedy[row, k] == 1 + logits[1:].argmax()  # PAD is no word
            if greedy[row, k] == END:
                assert (greedy[row, k + 1 :] == PAD).all()
                break
            (logits,), cache = step(greedy[row : row + 1, k], k, cache)
    assert (greedy == END).any(1).sum() not in (0, rows)


def test_each_row_depends_on_its_own_numbers_only():
    numbers = np.random.default_rng(5).random((6, LENGTH))
    together = written(write(step, *begin(6), numbers), LENGTH)
    changed = numbers.copy()
    changed[1:] = 1 - changed[1:]
    again = written(write(step, *begin(6), changed), LENGTH)
    np.testing.assert_array_equal(together[0], again[0])
    assert (together[1:] != again[1:]).any()
    *partly, whole = write(step, *begin(6), numbers)
    assert [part.shape for part in partly] == [(6, k) for k in range(1, LENGTH)]
    for part in partly:
        np.testing.assert_array_equal(part, whole[:, : part.shape[1]])


def only_after(tokens):
    """A grammar: 3 first, then 4 or the end, nothing but the end behind 4."""
    lets = np.zeros((len(tokens), WORDS), bool)
    for row, before in enumerate(tokens.tolist()):
        lets[row, {(): [3], (3,): [4, END], (3, 4): [END]}.get(tuple(before), [])] = True
    return lets


def test_a_grammar_is_obeyed_by_all_that_write():
    numbers = np.random.default_rng(6).random((40, LENGTH))
    logits, cache = begin(40)
    found = {tuple(row) for row in written(write(step, logits, cache, numbers, end=END, allowed=only_after), LENGTH)}
    assert found == {(3, 4, END, PAD), (3, END, PAD, PAD)}
    best, scores = beam_search(step, logits, cache, LENGTH, END, beams=4, allowed=only_after)
    assert {tuple(row) for row in best} <= found and np.isfinite(scores).all()
    nothing = lambda tokens: np.zeros((len(tokens), WORDS), bool)
    with pytest.raises(TutorialError, match="grammar allows no token"):
        beam_search(step, logits, cache, LENGTH, END, allowed=nothing)
    with pytest.raises(TutorialError, match="grammar allows no token"):
        written(write(step, logits, cache, numbers, allowed=nothing), LENGTH)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_with_enough_beams_the_best_of_all_sequences_is_found(penalty):
    tokens, scores = beam_search(step, *begin(6), LENGTH, END, beams=WORDS**LENGTH, length_penalty=penalty)
    everything = list(sentences())
    for row in range(6):
        each = np.array([log_probability(row, sentence) for sentence in everything])
        lengths = np.array([s.index(END) + 1 if END in s else LENGTH for s in everything])
        best = np.argmax(each / ((5 + lengths) / 6) ** penalty)
        np.testing.assert_array_equal(tokens[row], everything[best])
        np.testing.assert_allclose(scores[row], each[best])


def test_one_beam_is_greedy_and_more_never_find_worse_here():
    greedy = written(write(step, *begin(6), np.zeros((6, LENGTH)), end=END, temperature=0), LENGTH)
    one, first = beam_search(step, *begin(6), LENGTH, END, beams=1)
    np.testing.assert_array_equal(one, greedy)
    _, many = beam_search(step, *begin(6), LENGTH, END, beams=20)
    assert (many >= first - 1e-9).all() and (many > first + 1e-6).any()


def test_beams_must_be_a_whole_number_of_at_least_one():
    with pytest.raises(TutorialError, match="beams is 0"):
        beam_search(step, *begin(2), LENGTH, END, beams=0)


def test_rows_of_a_nest_are_taken():
    cache = {"a": [np.arange(3), np.arange(6).reshape(3, 2)]}
    taken = take_rows(cache, np.array([2, 0, 0]))
    np.testing.assert_array_equal(taken["a"][0], [2, 0, 0])
    np.testing.assert_array_equal(taken["a"][1], [[4, 5], [0, 1], [0, 1]])
