"""
Figures of the whole flow on real Kafka: calls, speed, latency (VS-6), memory, isolation.

In: sizes. Out: entries. Rule of this file: both sides of a ratio are measured in one run, on the same parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml

from bench import plain, telephone
from bench.results import Entry, compared, per_thousand, percentile
from bench.rig import Rig, running
from tests.fixtures.processes import wait_until
from tests.torture.calls import address

_BOUND = 600.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: events, seconds and people."""

    updates: int = 5000
    throughput: int = 20_000
    rate: float = 50.0
    seconds: float = 30.0
    memory: Sequence[int] = (20_000, 100_000)
    people: int = 5000
    plain: int = 100
    calls: telephone.Amounts = field(default_factory=telephone.Amounts)
    prospects: int = 10_000


QUICK = Sizes(500, 1000, seconds=5.0, memory=(20_000,), people=1000, plain=20, calls=telephone.QUICK, prospects=1000)


def _origin(rig: Rig, org: str = "acme") -> str:
    settings = yaml.safe_load((rig.stage.folder / "settings.yaml").read_text())
    return str(settings["orgs"][org]["login_url"])


def _people(count: int, known: int) -> list[int]:
    return [number % known for number in range(count)]


def calls(sizes: Sizes) -> list[Entry]:
    """API calls for 1,000 updates by the org's own counter, against a one-at-a-time client on the same org."""
    with running(people=sizes.updates) as rig:
        org = rig.stage.org()
        org.pace("fast")
        before = org.calls()["used"]
        ids = rig.run(rig.events(range(sizes.updates)), _BOUND)
        ours = per_thousand(org.calls()["used"] - before, len(ids))
        rig.latencies(ids)  # every outcome must be an update
        sf, before = plain.client(_origin(rig)), org.calls()["used"]
        some = [address(n) for n in range(sizes.plain)]
        plain.update_all(sf, some)
        theirs = per_thousand(org.calls()["used"] - before, len(some))
    return [compared("calls_per_1000_updates", ours, "calls", "one-at-a-time client, same org", theirs)]


def throughput(sizes: Sizes) -> list[Entry]:
    """Events a second from the first publishing to the last visible outcome, and who used the CPU meanwhile."""
    with running(people=sizes.people) as rig:
        made = rig.events(_people(sizes.throughput, sizes.people))
        before = rig.cpu()
        ids = rig.run(made, _BOUND)
        after = rig.cpu()
        moments = rig.reader.moments()
        rig.latencies(ids)
        taken = max(moments[item_id][0] for item_id in ids) - min(rig.sent[item_id] for item_id in ids)
    speed = Entry("events_per_second", len(ids) / taken, "events/s", "the goal: 2000 events/s", len(ids) / taken / 2000)
    said = f"CPU for {len(ids)} events; the ratio is of the {taken:.3g} s that they took"
    used = {name: after[name] - before[name] for name in after}
    return [speed, *(Entry(f"cpu_seconds_{name}", number, "s", said, number / taken) for name, number in used.items())]


def latency(sizes: Sizes) -> list[Entry]:
    """Event to outcome at a steady rate, over two answers of the org as a plain client sees them."""
    found: list[Entry] = []
    with running(people=sizes.people) as rig:
        for answer in (0.12, 1.0):
            rig.stage.org().pace(answer)
            floor = 2 * plain.answer_seconds(plain.client(_origin(rig)), 5)
            rig.run(rig.events(_people(int(sizes.rate * 2), sizes.people)), _BOUND, sizes.rate)
            ids = rig.run(rig.events(_people(int(sizes.rate * sizes.seconds), sizes.people)), _BOUND, sizes.rate)
            seen = rig.latencies(ids)
            for share in (50, 99):
                name = f"outcome_latency_over_floor_p{share}_{answer * 1000:.0f}ms"
                found.append(compared(name, percentile(seen, share / 100), "s", "two answers of the org", floor))
            if answer == 1.0:
                late = percentile(seen, 0.95)
                found.append(Entry("event_to_outcome_p95_seconds", late, "s", "the objective: 5 s", late / 5))
    return found


def memory(sizes: Sizes) -> list[Entry]:
    """Resident memory of each process after so many events in all; the ratio is to the first reading."""
    found: list[Entry] = []
    with running(people=sizes.people) as rig:
        done, first = 0, dict[str, float]()
        for count in sizes.memory:
            while done < count:
                some = min(10_000, count - done)
                rig.run(rig.events(_people(some, sizes.people)), _BOUND)
                done += some
            now = rig.rss()
            for name, value in now.items():
                label = f"rss_mb_{name}_after_{count}"
                if name in first:
                    found.append(compared(label, value, "MB", f"after {sizes.memory[0]}", first[name]))
                else:
                    found.append(Entry(label, value, "MB", "the goal: 250 MB", value / 250))
            first = first or now
    return found


def isolation(sizes: Sizes) -> list[Entry]:
    """The p99 of org B while A is slow and two of B's own people are stuck, over the p99 without that."""
    with running(("alpha", "beta"), people=sizes.people) as rig:
        a, b = rig.stage.org("alpha"), rig.stage.org("beta")
        a.pace(0.12)
        b.pace(0.12)
        _both(rig, sizes)  # warm-up: the first run at this rate is slower, and would flatter the ratio
        calm = _both(rig, sizes)
        a.pace(10.0)
        # The two who are stuck are nobody else: they are new, and stay out of the figure.
        stuck = [{"LastName": "Stuck", "Company": "Example", "Email": address(f"stuck{n}")} for n in range(2)]
        silent, locked = b.seed("Lead", stuck)
        b.lock(locked, 3600)
        b.fault("hang", match={"body_regex": f'"id": ?"{silent[:15]}'})
        rig.publish(rig.events(["stuck0", "stuck1"], "beta"))
        troubled = _both(rig, sizes)
        if not any(item["struck"] for item in b.ask("GET", "faults")):
            raise ValueError("the call without an answer never came: the ratio would say nothing")
    return [compared("isolation_p99_ratio", troubled, "s", "p99 without the trouble", calm)]


def _both(rig: Rig, sizes: Sizes) -> float:
    """Feed both orgs, A with a tenth of the rate; return B's p99."""
    count = int(sizes.rate * sizes.seconds)
    b = rig.events(_people(count, sizes.people - 1), "beta")
    a = rig.events(_people(count // 10, sizes.people - 1), "alpha")
    mixed = [entry for n, event in enumerate(b) for entry in (event, *a[n // 10 : n // 10 + (n % 10 == 0)])]
    rig.publish(mixed, sizes.rate * 1.1)
    wanted = {event for event, _, _ in b}
    wait_until(lambda: wanted <= rig.reader.moments().keys(), _BOUND, "org B's outcomes", pause=1.0)
    return percentile(rig.latencies(sorted(wanted)), 0.99)
