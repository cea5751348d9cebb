"""What is too much is halved, and grows back slowly."""

from hypothesis import given
from hypothesis import strategies as st

from processors.executor.jobs.terms import COLLECTION
from processors.executor.org_queue.collection_sizes import GROW_AFTER, CollectionSizes


def test_a_refusal_halves_the_size_of_its_object_alone() -> None:
    sizes = CollectionSizes()
    sizes.failed("Lead", 200)
    assert (sizes("Lead"), sizes("Contact")) == (100, COLLECTION)
    sizes.failed("Lead", 100)
    assert sizes("Lead") == 50


def test_a_late_refusal_of_a_larger_collection_does_not_raise_the_size_again() -> None:
    sizes = CollectionSizes()
    sizes.failed("Lead", 50)
    sizes.failed("Lead", 200)
    assert sizes("Lead") == 25


def test_it_grows_by_a_tenth_after_several_full_collections_and_never_by_smaller_ones() -> None:
    sizes = CollectionSizes()
    sizes.failed("Lead", 100)
    for _ in range(50):
        sizes.passed("Lead", 49)
    assert sizes("Lead") == 50
    for _ in range(GROW_AFTER):
        sizes.passed("Lead", 50)
    assert sizes("Lead") == 55


def test_it_comes_back_to_what_salesforce_takes_and_is_forgotten() -> None:
    sizes = CollectionSizes()
    sizes.failed("Lead", 2)
    for _ in range(GROW_AFTER * 200):
        sizes.passed("Lead", sizes("Lead"))
    assert sizes("Lead") == COLLECTION
    assert sizes.learnt() == {}


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 200)), max_size=60))
def test_the_size_is_always_one_that_can_be_sent(turns: list[tuple[bool, int]]) -> None:
    sizes = CollectionSizes()
    for failed, records in turns:
        (sizes.failed if failed else sizes.passed)("Lead", records)
        assert 1 <= sizes("Lead") <= COLLECTION
