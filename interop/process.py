"""Child processes: bounded in time, their output kept, ended by their handle."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

END_LIMIT_S = 5.0  # for a child that was told to end


class Missing(Exception):
    """A program is not there; the text names it."""


@dataclass
class Output:
    """What a child has written so far, both streams in the order of arrival."""

    text: str = ""
    streams_open: int = 0


class Child:
    """One running program. Use it as a context manager: on leaving it is ended and its threads are
    joined."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        wants_input: bool = False,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.output = Output()
        self.timed_out = False
        self._changed = threading.Condition()
        try:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE if wants_input else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
            )
        except (FileNotFoundError, PermissionError) as error:
            raise Missing(f"{self.command[0]}: {error.strerror}") from error
        streams = [s for s in (self._process.stdout, self._process.stderr) if s is not None]
        self.output.streams_open = len(streams)
        self._readers = [threading.Thread(target=self._read, args=(s,)) for s in streams]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def text(self) -> str:
        with self._changed:
            return self.output.text

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.poll()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while data := stream.read1(65536):  # type: ignore[attr-defined]
                with self._changed:
                    self.output.text += data.decode("utf-8", "replace")
                    self._changed.notify_all()
        with self._changed:
            self.output.streams_open -= 1
            self._changed.notify_all()

    def wait_for(self, pattern: str, limit_s: float) -> re.Match[str] | None:
        """The first match in the output, as soon as it is there; None when the child has ended without
        it, or after `limit_s` seconds."""
        wanted = re.compile(pattern, re.MULTILINE)
        deadline = time.monotonic() + limit_s
        with self._changed:
            while True:
                found = wanted.search(self.output.text)
                if found is not None or self.output.streams_open == 0:
                    return found
                left = deadline - time.monotonic()
                if left <= 0:
                    self.timed_out = True
                    return None
                self._changed.wait(left)

    def say(self, text: str) -> None:
        """Writes to its input."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except (BrokenPipeError, OSError):
            pass  # it has ended; its output tells why

    def close_input(self) -> None:
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except (BrokenPipeError, OSError):
                pass

    def wait(self, limit_s: float) -> int | None:
        """Its exit status; None, and `timed_out`, when it does not end by itself."""
        try:
            return self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.timed_out = True
            return None

    def end(self) -> None:
        """Ends it, if it still runs, and collects the rest of its output."""
        self.close_input()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(END_LIMIT_S)
        for reader in self._readers:
            reader.join(END_LIMIT_S)

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()


def listening_port(pid: int) -> int | None:
    """The port on which a process listens over IPv4, as the kernel has it; None: on none.
    For programs that can be told to take any port, but do not say which they got."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except OSError:  # closed meanwhile
            continue
        if found:
            inodes.add(found[1])
    for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        columns = line.split()  # local_address is column 1, state 3 (0A: listening), inode 9
        if columns[3] == "0A" and columns[9] in inodes:
            return int(columns[1].rpartition(":")[2], 16)
    return None
