"""The steps of scripts/test, without running it."""

from __future__ import annotations

import pytest
import test_all
from steps import Step


def test_a_build_that_fails_is_one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    built = [Step("configure", 1, 0), Step("build", 0, 1)]
    monkeypatch.setattr(test_all, "build", lambda preset: built)
    assert test_all.build_then("dev", lambda: Step("of what is not there", 0, 106)) == built
    built[1] = Step("build", 1, 0)
    assert test_all.build_then("dev", lambda: Step("tests", 3, 0))[2:] == [Step("tests", 3, 0)]
