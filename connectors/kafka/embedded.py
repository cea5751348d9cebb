"""
The embedded broker: librdkafka's mock cluster in a process of its own, for the demo and for tests without a real Kafka.

In: topics with their partition counts. Out: a bootstrap address on 127.0.0.1, for as long as the context lasts.

Limits, so that nobody takes it for Kafka: memory only, 5 MB or 100,000 messages a partition and then the oldest are
dropped; a topic that was not created gets 4 partitions by its first use; a transaction isolates nothing, and offsets
committed inside one are not kept (commit them plainly as well, here only); static membership (`group.instance.id`)
crashes it.
Rule of this file: the mock is reached through librdkafka's own C API, with nothing else of ours in its process.
"""

import ctypes
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import confluent_kafka

from processors.model.errors import Misconfigured

START_SECONDS = 15.0
_PRODUCER = 0  # rd_kafka_type_t


class EmbeddedKafka:
    """A running embedded broker: `bootstrap` is its address."""

    def __init__(self, bootstrap: str, process: "subprocess.Popen[str]") -> None:
        self.bootstrap = bootstrap
        self.pid = process.pid
        self._process = process

    def create(self, topic: str, partitions: int) -> None:
        """Create a topic; raise `Misconfigured` where it exists or is refused."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the embedded Kafka has no pipe")
        self._process.stdin.write(f"{topic} {partitions}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        if answer != "ok":
            raise Misconfigured([f"embedded Kafka refused topic {topic!r}: {answer or 'its process has ended'}"])


@contextmanager
def embedded_kafka(topics: Mapping[str, int] | None = None) -> Iterator[EmbeddedKafka]:
    """
    Run the embedded broker, with *topics* (name → partitions) created; it ends with the context or with this process.

    Raises:
        Misconfigured: The installed confluent-kafka brings no librdkafka that can be loaded, or a topic is refused.
    """
    command = [sys.executable, "-m", "connectors.kafka.embedded"]
    # A session of its own: Ctrl-C ends those who use it first. The pipe ends it when this process is gone, however.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).resolve().parents[2],
    ) as process:
        try:
            running = EmbeddedKafka(_first_line(process), process)
            for topic, partitions in (topics or {}).items():
                running.create(topic, partitions)
            yield running
        finally:
            process.kill()


def _first_line(process: "subprocess.Popen[str]") -> str:
    if process.stdout is None:
        raise RuntimeError("the embedded Kafka has no pipe")
    late = threading.Timer(START_SECONDS, process.kill)
    late.start()
    try:
        address = process.stdout.readline().strip()
    finally:
        late.cancel()
    if not address:
        raise Misconfigured([f"embedded Kafka did not start within {START_SECONDS:g} s; its own error stands above"])
    return address


class _MockCluster:
    """librdkafka's mock cluster by its C API (rdkafka_mock.h)."""

    def __init__(self, brokers: int = 1) -> None:
        self._lib = _librdkafka()
        error = ctypes.create_string_buffer(512)
        config = self._lib.rd_kafka_conf_new()
        # It is no client: that it has no servers to connect to is no news.
        self._lib.rd_kafka_conf_set(config, b"log_level", b"4", error, len(error))
        client = self._lib.rd_kafka_new(_PRODUCER, config, error, len(error))
        if not client:
            raise Misconfigured([f"librdkafka could not be started: {error.value.decode()}"])
        self._cluster = self._lib.rd_kafka_mock_cluster_new(client, brokers)
        if not self._cluster:
            raise Misconfigured(["librdkafka's mock cluster could not be started"])

    @property
    def bootstrap(self) -> str:
        address: bytes = self._lib.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return address.decode()

    def create(self, topic: str, partitions: int) -> str:
        """Create a topic; return `ok` or librdkafka's word for why not."""
        code = self._lib.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1)
        word: bytes = self._lib.rd_kafka_err2str(code)
        return "ok" if code == 0 else word.decode()


def _librdkafka() -> ctypes.CDLL:
    """Load the library that the confluent-kafka wheel brings, and declare the functions in use."""
    package = Path(confluent_kafka.__file__).parent
    places = [*package.with_name("confluent_kafka.libs").glob("librdkafka*"), *package.glob(".dylibs/librdkafka*")]
    if not places:
        raise Misconfigured(["the installed confluent-kafka brings no librdkafka; install its wheel"])
    lib = ctypes.CDLL(str(places[0]))
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("rd_kafka_conf_new", pointer, []),
        ("rd_kafka_conf_set", number, [pointer, text, text, text, ctypes.c_size_t]),
        ("rd_kafka_new", pointer, [number, pointer, text, ctypes.c_size_t]),
        ("rd_kafka_mock_cluster_new", pointer, [pointer, number]),
        ("rd_kafka_mock_cluster_bootstraps", text, [pointer]),
        ("rd_kafka_mock_topic_create", number, [pointer, text, number, number]),
        ("rd_kafka_err2str", text, [number]),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def serve(commands: IO[str], answers: IO[str]) -> None:
    """Serve until *commands* ends; each of its lines (`<topic> <partitions>`) creates a topic and is answered."""
    cluster = _MockCluster()
    print(cluster.bootstrap, file=answers, flush=True)
    for line in commands:
        topic, partitions = line.split()
        print(cluster.create(topic, int(partitions)), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
