"""Static members: whose name is whose, and which error ends one for good."""

import pytest
from confluent_kafka import KafkaError

from processors.consuming.membership import is_named, raise_if_fenced, static_member
from processors.model.errors import Fenced


@pytest.mark.parametrize("rejoins", [0, 2])
def test_a_member_is_known_by_its_name_whatever_it_subscribes_to(rejoins: int) -> None:
    member = static_member({"group.instance.id": "group-one"}, ["a", "b"], rejoins)["group.instance.id"]
    assert is_named(member, "group", "one")
    assert is_named("group-one", "group", "one")


@pytest.mark.parametrize("other", ["group-one-2", "group-oneself", "other-one", "group-one-1234567"])
def test_another_name_is_another_member(other: str) -> None:
    assert not is_named(other, "group", "one")


@pytest.mark.parametrize("code", [KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID])
def test_a_fenced_member_is_told_by_the_codes_of_the_client(code: int) -> None:
    with pytest.raises(Fenced, match="`instance` name"):
        raise_if_fenced(KafkaError(code, "fenced"))


def test_another_error_is_no_fence() -> None:
    raise_if_fenced(KafkaError(KafkaError._ALL_BROKERS_DOWN, "away"))
