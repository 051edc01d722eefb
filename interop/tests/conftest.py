"""What all tests of programs and matrix need."""

from __future__ import annotations

from scripts.lib.exits import restore_interrupts

restore_interrupts()
