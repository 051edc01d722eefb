"""The matrix is tested itself: whatever fact an end tells falsely, a cell of every peer and role
fails. `scripts/interop --falsify` does so with every cell."""

from __future__ import annotations

import pytest

from interop import falsify
from interop.cells import matrix
from interop.falsify import Place


@pytest.mark.parametrize("place", falsify.places(), ids="-".join)
def test_whatever_is_told_falsely_at_either_end_is_noticed(place: Place) -> None:
    cells = [cell for cell in matrix()[0] if falsify.place_of(cell) == place]
    findings = falsify.run(cells, everything=False)
    assert findings.spoilt == []
    assert findings.unnoticed == []
    assert list(falsify.unexcused(findings, [place])) == []
    assert findings.noticed
