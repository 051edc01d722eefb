"""One `shakedown server` under good and broken clients: does it serve all, and stay as it is?

Builds preset `release` (--program FILE takes another program), starts a server with two
certificates, tickets, PSKs, 0-RTT, optional client authentication and renegotiation, and keeps
clients busy with it for --seconds: good ones (ours, OpenSSL's, GnuTLS's, Python's; full, resumed,
by PSK, with early data, with a certificate, byte by byte ...) and broken ones (corpora, garbage,
floods, flipped bits, connections left open ...). Memory and descriptors of the server are sampled.

PASS: every good client succeeds; the server lets no broken one hang, and ends well when it is told
to; over the run, the median of its memory in the last tenth is at most 2 MiB above that in the
second tenth, and the lower quartile of its descriptors at most 2 above; and when all clients are
gone it has the descriptors that it began with.
Exit: 0 PASS, 1 FAIL, 2 wrong use, 3 something is missing, such as cmake, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from scripts.lib.exits import INTERRUPTED, Stop, ignore_interrupts, run_main
from scripts.lib.files import save, shown_path
from scripts.lib.paths import PKI, ROOT
from scripts.lib.presets import build
from scripts.lib.progress import Progress
from scripts.lib.ready import ready
from scripts.lib.soak import broken_clients, good_clients
from scripts.lib.soak.good_clients import PSKS, ClientSetup, Failure
from scripts.lib.words import columns, count

PROGRAM = ROOT / "build" / "release" / "harness" / "shakedown"
LOG = ROOT / "out" / "soak" / "server.log"
TIMEOUT_S = 10  # of the server, for a connection without progress
LINGER_S = 2  # that it waits for a peer to end TCP
SLACK_S = 30.0  # for a machine that is busy with other things
START_LIMIT_S, END_LIMIT_S = 60.0, 60.0
MAX_SAMPLE_S = 1.0  # between two samples
SAMPLES = 100  # at least
MAX_GROWTH_KIB, MAX_GROWTH_FDS = 2048, 2
MAX_FAILURES = 20  # that are kept with their text
MAX_SECONDS = 24 * 3600


@dataclass
class Sample:
    seconds: float
    rss_kib: int
    fds: int


@dataclass
class Tally:
    """The results of the connections so far; shared by all threads."""

    ends: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    failures: list[str] = field(default_factory=list)
    good: int = 0
    bad: int = 0  # good clients that failed, broken ones that hung
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, end: str, failure: str = "") -> None:
        with self.lock:
            self.ends[kind][end] += 1
            self.good += end == "good"
            self.bad += failure != ""
            if failure and len(self.failures) < MAX_FAILURES:
                self.failures.append(f"{kind}: {failure}")

    def total(self) -> int:
        with self.lock:
            return sum(sum(counter.values()) for counter in self.ends.values())


class Server:
    """The one server, and what it says of its connections."""

    def __init__(self, program: str, folder: Path) -> None:
        options = [f"--{name}={PKI / file}" for name, file in FILES.items()]
        for identity, key in PSKS.items():
            options += ["--psk-identity", identity, "--psk", key]
        options += ["--client-auth", "request", "--num-tickets", "4", "--max-early-data", "16384"]
        options += ["--renegotiation", "--timeout", str(TIMEOUT_S), "--json", "--quiet"]
        self.command = [program, "server", *options]
        self.log = folder / "server.log"
        self.states: Counter[str] = Counter()
        self.alerts: Counter[str] = Counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
            )
        self.ready = threading.Event()
        self.port = 0
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        if not self.ready.wait(START_LIMIT_S) or self.port == 0:
            self.process.kill()
            self.reader.join()
            raise Stop(1, f"{self.words()}\nthe server does not start: {' '.join(self.command)}")

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                if line.startswith(b"{"):
                    row = json.loads(line)
                    self.states[row["state"]] += 1
                    self.alerts[row["alert_sent"] or "none"] += 1
                elif line.startswith(b"listening "):
                    self.port = int(line.rpartition(b":")[2])
                    self.ready.set()
        self.ready.set()  # or it has ended

    def words(self) -> str:
        return self.log.read_text("utf-8", "replace")[-4000:]

    def sample(self, since: float) -> Sample | None:
        """None: it is gone."""
        folder = Path(f"/proc/{self.process.pid}")
        try:
            status = (folder / "status").read_text(encoding="ascii")
            fds = len(list((folder / "fd").iterdir()))
            rss = int(status.split("VmRSS:")[1].split()[0])
        except (OSError, IndexError):
            return None
        return Sample(time.monotonic() - since, rss, fds)

    def end(self) -> int | None:
        """Its exit status; None: it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = None
        self.reader.join()
        return status


FILES = {
    "cert": "p256.pem",
    "key": "p256.key",
    "dcert": "rsa2048.pem",
    "dkey": "rsa2048.key",
    "cafile": "roots.pem",
}


class Soak:
    """A run: the server, the clients' threads, and the samples."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.tally = Tally()
        self.samples: list[Sample] = []
        self.stop = threading.Event()
        self.server = Server(str(options.program), folder)
        self.began = time.monotonic()
        self.gone = False  # the server
        self.interrupted = False

    # The clients

    def _good(self, number: int) -> None:
        folder = self.folder / f"client-{number}"
        folder.mkdir()
        setup = ClientSetup(str(self.options.program), self.server.port, folder)
        kinds = list(good_clients.kinds().items())
        turn = number * len(kinds) // self.options.clients
        while not self.stop.is_set():
            name, client = kinds[turn % len(kinds)]
            turn += 1
            try:
                client(setup)
                self.tally.note(name, "good")
            except Failure as failure:
                self.tally.note(name, "failed", str(failure))

    def _broken(self, number: int) -> None:
        rng = random.Random(self.options.seed * 1000 + number)
        kinds = list(broken_clients.kinds().items())
        while not self.stop.is_set():
            name, client = rng.choice(kinds)
            try:
                end = client(self.server.port, rng)
            except OSError as error:
                self.tally.note(name, "failed", f"cannot connect: {error}")
                continue
            self.tally.note(name, end, "the server does not let it go" if end == "stuck" else "")

    def _idle(self) -> None:
        limit = TIMEOUT_S + LINGER_S + SLACK_S
        idle = broken_clients.Idle(self.server.port, limit, random.Random(self.options.seed))
        try:
            while not self.stop.is_set():
                for end in idle.step():
                    failure = f"open after {limit:.0f} s" if end == "stuck" else ""
                    self.tally.note("left open", end, failure)
        except OSError as error:
            self.tally.note("left open", "failed", f"cannot connect: {error}")
        finally:
            idle.close()

    def _guarded(self, work: Callable[[], None]) -> Callable[[], None]:
        """A thread that ends by a mistake of its own is a failure, too."""

        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001
                self.tally.note("the soak itself", "failed", repr(error))

        return guarded

    # The run

    def _line(self) -> str:
        elapsed = time.monotonic() - self.began
        total = self.tally.total()
        last = self.samples[-1] if self.samples else Sample(0, 0, 0)
        return (
            f"soak: {elapsed:.0f} of {self.options.seconds:.0f} s, "
            f"{count(total, 'connection')} or more, {total / elapsed:,.0f}/s, "
            f"{self.tally.good:,} good, {self.tally.bad:,} failed, "
            f"RSS {last.rss_kib / 1024:.1f} MiB, {last.fds} descriptors"
        )

    def _watch(self) -> None:
        """Samples, and shows how far it is, until the time is over or the server gone."""
        every = min(MAX_SAMPLE_S, self.options.seconds / SAMPLES)
        end = self.began + self.options.seconds
        with Progress(self._line):
            while (now := time.monotonic()) < end:
                found = self.server.sample(self.began)
                if found is None or self.server.process.poll() is not None:
                    self.gone = True
                    return
                self.samples.append(found)
                time.sleep(max(0.0, min(now + every, end) - time.monotonic()))

    def _drained(self, before: Sample) -> Sample | None:
        """Waits until the server has no more descriptors than before, or has had its time."""
        limit = time.monotonic() + TIMEOUT_S + LINGER_S + SLACK_S
        while (last := self.server.sample(self.began)) is not None:
            if last.fds <= before.fds or time.monotonic() > limit:
                break
            time.sleep(0.1)
        return last

    def run(self) -> int:
        before = self.server.sample(self.began)
        work = [partial(self._good, number) for number in range(self.options.clients)]
        work += [partial(self._broken, number) for number in range(self.options.broken)]
        work.append(partial(self._idle))
        threads = [threading.Thread(target=self._guarded(each)) for each in work]
        for thread in threads:
            thread.start()
        try:
            self._watch()
        except KeyboardInterrupt:
            ignore_interrupts()
            self.interrupted = True
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()
            spent = time.monotonic() - self.began
            after = self._drained(before) if before is not None else None
            status = self.server.end()
        return Report(self, spent, before, after, status).tell()


class Report:
    """What a run has come to."""

    def __init__(
        self,
        soak: Soak,
        spent: float,
        before: Sample | None,
        after: Sample | None,
        status: int | None,
    ) -> None:
        self.soak = soak
        self.spent = spent
        self.before = before
        self.after = after
        self.status = status

    def _window(self, number: int) -> list[Sample]:
        """A tenth of the samples, from 0."""
        samples = self.soak.samples
        return samples[len(samples) * number // 10 : len(samples) * (number + 1) // 10]

    def _checks(self) -> list[tuple[bool, str]]:
        early, late = self._window(1), self._window(9)
        checks = [
            (self.soak.tally.bad == 0, f"{count(self.soak.tally.bad, 'client')} failed or hung"),
            (not self.soak.gone and self.status == 0, f"the server ended with {self.status}"),
        ]
        if not early or not late or self.before is None or self.after is None:
            return [*checks, (False, "the server is gone, or has hardly lived")]
        rss = [statistics.median(sample.rss_kib for sample in part) for part in (early, late)]
        fds = [lower_quartile([sample.fds for sample in part]) for part in (early, late)]
        return [
            *checks,
            (
                rss[1] - rss[0] <= MAX_GROWTH_KIB,
                f"memory: median {rss[0]:,.0f} KiB in the second tenth, {rss[1]:,.0f} in the last "
                f"({rss[1] - rss[0]:+,.0f}, at most {MAX_GROWTH_KIB:+,})",
            ),
            (
                fds[1] - fds[0] <= MAX_GROWTH_FDS,
                f"descriptors: lower quartile {fds[0]:,} in the second tenth, {fds[1]:,} in the "
                f"last ({fds[1] - fds[0]:+}, at most {MAX_GROWTH_FDS:+})",
            ),
            (
                self.after.fds <= self.before.fds,
                f"descriptors: {self.before.fds} before the first client, {self.after.fds} after "
                "the last",
            ),
        ]

    def _moments(self) -> dict[str, Sample]:
        samples = self.soak.samples
        if not samples:
            return {}
        at = {"10 %": len(samples) // 10, "50 %": len(samples) // 2, "100 %": len(samples) - 1}
        return {name: samples[index] for name, index in at.items()}

    def _text(self, checks: list[tuple[bool, str]]) -> str:
        tally, server = self.soak.tally, self.soak.server
        rows = [("client", "times", "how they ended")]
        for kind, ends in tally.ends.items():
            how = ", ".join(f"{count:,} {end}" for end, count in ends.most_common())
            rows.append((kind, f"{sum(ends.values()):,}", how))
        widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
        lines = [f"{a.ljust(widths[0])}  {b.rjust(widths[1])}  {c}" for a, b, c in rows]
        states = ", ".join(f"{count:,} {state}" for state, count in server.states.most_common())
        alerts = ", ".join(f"{count:,} {alert}" for alert, count in server.alerts.most_common())
        lines += ["", f"the server saw {count(server.states.total(), 'connection')}: {states}"]
        lines += [f"alerts it sent: {alerts}", ""]
        moments = [("at", "RSS/KiB", "descriptors")]
        for name, sample in self._moments().items():
            moments.append((name, f"{sample.rss_kib:,}", str(sample.fds)))
        lines += [columns(moments), ""]
        lines += [f"{'ok  ' if good else 'FAIL'}  {what}" for good, what in checks]
        lines += [f"\nfailed: {failure}" for failure in tally.failures]
        if not checks[1][0]:
            lines.append(f"\nlast words of the server:\n{server.words()}")
        return "\n".join(lines)

    def _json(self, checks: list[tuple[bool, str]]) -> str:
        tally, server = self.soak.tally, self.soak.server
        return json.dumps(
            {
                "ok": all(good for good, _ in checks) and not self.soak.interrupted,
                "interrupted": self.soak.interrupted,
                "seconds": round(self.spent, 1),
                "clients": tally.ends,
                "failures": tally.failures,
                "server_states": server.states,
                "server_alerts": server.alerts,
                "samples": {name: vars(sample) for name, sample in self._moments().items()},
                "checks": [{"ok": good, "what": what} for good, what in checks],
            }
        )

    def _keep_log(self) -> str:
        """All that the server said, which is gone with the folder of this run."""
        try:
            save(LOG, self.soak.server.log.read_bytes())
        except OSError as error:
            return f"{shown_path(LOG)}: {error.strerror}"
        return f"what the server said: {shown_path(LOG)}"

    def tell(self) -> int:
        """The exit code."""
        checks = self._checks()
        good = all(one for one, _ in checks)
        options = self.soak.options
        code = INTERRUPTED if self.soak.interrupted else int(not good)
        if options.json:
            print(self._json(checks))
            return code
        # Words of programs, and so of their peers, as text and no more.
        text = self._text(checks)
        print("".join(c if c == "\n" or c.isprintable() else ascii(c)[1:-1] for c in text))
        verdict = "INTERRUPTED" if self.soak.interrupted else "PASS" if good else "FAIL"
        print(f"\nsoak: {verdict} ({self.spent:.0f} of {options.seconds:g} s, seed {options.seed})")
        if not good:
            print(self._keep_log())
            other = "" if options.program == PROGRAM else f" --program {options.program}"
            print(
                f"again: scripts/soak --seconds {options.seconds:g} --seed {options.seed} "
                f"--clients {options.clients} --broken {options.broken}{other}"
            )
        return code


def lower_quartile(values: list[int]) -> int:
    """Unlike the median, a flood that passes does not move it."""
    return sorted(values)[len(values) // 4]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="of load; default: 60")
    parser.add_argument("--clients", type=int, default=4, help="good ones at once; default: 4")
    parser.add_argument("--broken", type=int, default=3, help="broken ones at once; default: 3")
    parser.add_argument("--seed", type=int, default=1, help="of what is broken; default: 1")
    parser.add_argument("--program", type=Path, help="the shakedown to use, which is not built")
    parser.add_argument("--json", action="store_true", help="the report as JSON, and nothing else")
    options = parser.parse_args()
    if not 1 <= options.seconds <= MAX_SECONDS:
        parser.error(f"--seconds is 1 to {MAX_SECONDS}")
    if not (1 <= options.clients <= 64 and 0 <= options.broken <= 64):
        parser.error("--clients is 1 to 64, --broken 0 to 64")
    ready()
    if options.program is None:
        build("release", ["shakedown"])
        options.program = PROGRAM
    options.program = options.program.absolute()
    if shutil.which(str(options.program)) is None or not os.path.isdir("/proc/self/fd"):
        raise Stop(3, f"{options.program} or /proc is missing")
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        return Soak(options, Path(folder)).run()


if __name__ == "__main__":
    run_main("soak", main)
