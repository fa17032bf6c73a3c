"""Empty lists in results: a name would make tapes of them, which no loop fills."""

import pytest

import fadc

HEAD = "import fadc as fed\n\n\n@fed.computation\ndef program(w: fed.Server, x: fed.Clients) -> "
SOURCES = {
    "alone": f"{HEAD}fed.Server:\n    return []\n",
    "as a call": f"{HEAD}fed.Server:\n    return list()\n",
    "beside a value": f"{HEAD}tuple[fed.Server, fed.Server]:\n    return w * 2, []\n",
}


@pytest.mark.parametrize("first", ["forward", "reverse"])
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_derivatives_of_empty_lists_are_closed_and_derived_again(source: str, first: str) -> None:
    text = fadc.transform(source, mode=first, wrt="w").text
    assert text
    assert [each.code for each in fadc.check(text)] == []
    for second in ("forward", "reverse"):
        again = fadc.transform(text, mode=second, wrt="w").text
        assert again and [each.code for each in fadc.check(again)] == []
