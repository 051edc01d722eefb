"""Programs that run beside us: their output is read while they run, their handle ends them."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from scripts.lib.processes import POLL_S, Watch

LIMIT_S = 300.0  # of processor time
IDLE_S = 300.0
END_LIMIT_S = 5.0  # for a child that was told to end
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def end_with_parent() -> None:
    """Runs in the child before its program: the kernel kills it when our process ends, even by
    SIGKILL."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Missing(Exception):
    """A program is not there; the text names it."""


class Child:
    """One running program. Use it as a context manager: on leaving it is ended and its threads are
    joined."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        wants_input: bool = False,
        environment: dict[str, str] | None = None,
        folder: Path | None = None,
        watch: Watch | None = None,
    ) -> None:
        """`environment` is added to ours; `folder` is where it runs, if not here; `watch` is shared
        with programs that it may wait for."""
        self.name = name
        self.command = list(command)
        self.environment = environment or {}
        self._texts = ["", ""]  # stdout, stderr
        self._changed = threading.Condition()
        try:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE if wants_input else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **self.environment},
                cwd=folder,
                preexec_fn=end_with_parent,
            )
        except (FileNotFoundError, PermissionError) as error:
            raise Missing(f"{self.command[0]}: {error.strerror}") from error
        self._watch = watch or Watch(LIMIT_S, IDLE_S)
        self._watch.pids.append(self.pid)
        streams = self._process.stdout, self._process.stderr
        self._open = len(streams)
        self._streams = streams
        self._readers = [threading.Thread(target=self._read, args=(n,)) for n in (0, 1)]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def text(self) -> str:
        """What it has written so far: the standard output, then the standard error."""
        with self._changed:
            return self._joined()

    def _joined(self) -> str:
        out, err = self._texts
        return f"{out}\n{err}" if out and not out.endswith("\n") else out + err

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.poll()

    def _read(self, number: int) -> None:
        stream = self._streams[number]
        assert stream is not None
        with stream:
            while data := stream.read1():  # type: ignore[attr-defined]
                with self._changed:
                    self._texts[number] += data.decode("utf-8", "replace")
                    self._changed.notify_all()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def wait_for(self, pattern: str) -> re.Match[str] | None:
        """The first match in the output, as soon as it is there; None when the child has ended
        without it, or is given up."""
        wanted = re.compile(pattern, re.MULTILINE)
        self._watch.begin()
        with self._changed:
            while True:
                found = wanted.search(self._joined())
                if found is not None or self._open == 0:
                    return found
                if not self._changed.wait(POLL_S) and self._watch.over():
                    return None

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

    def wait(self) -> int | None:
        """Its exit status, once all its output is there; None when it is given up."""
        self._watch.begin()
        while True:
            try:
                status = self._process.wait(POLL_S)
                self._join_readers()
                return status
            except subprocess.TimeoutExpired:
                if self._watch.over():
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
        self._join_readers()

    def _join_readers(self) -> None:
        """They end with the output, which somebody else may keep open."""
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


def own_children() -> list[int]:
    """The processes that this one has started and that are still there, as the kernel has them."""
    files = Path("/proc/self/task").glob("*/children")
    return [int(pid) for file in files for pid in file.read_text(encoding="ascii").split()]


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
