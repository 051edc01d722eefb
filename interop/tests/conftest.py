"""What all tests of programs and matrix need."""

from __future__ import annotations

from ending import hear_interrupts

hear_interrupts()
