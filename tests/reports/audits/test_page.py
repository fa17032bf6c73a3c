"""The audit's page: what it says, and what a browser makes of it."""

import itertools
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fadc.audit.record import linked_lines
from fadc.derive.request import MODES
from fadc.reports.audits.html import audit_html
from fadc.reports.audits.json import audit_tree
from fadc.reports.audits.markdown import audit_markdown

from ...audit_pages import audit_of, command_line
from ...samples import SAMPLES, Sample

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()

# Run in a copy of the page: follows every link, and writes down what is wrong.
SCRIPT = """\
<script>
const wrong = [], ids = [...document.querySelectorAll("[id]")].map(e => e.id);
if (new Set(ids).size !== ids.length) wrong.push("an id stands twice");
for (const link of document.querySelectorAll("a")) {
  link.click();
  const target = document.querySelector(":target");
  if (!target || "#" + target.id !== link.getAttribute("href")) wrong.push(link.outerHTML);
}
for (const e of document.querySelectorAll("svg[role=img]"))
  if (!document.getElementById(e.getAttribute("aria-labelledby"))) wrong.push("a nameless picture");
const wide = document.documentElement;
if (wide.scrollWidth > wide.clientWidth) wrong.push("the page is wider than the window");
const loaded = performance.getEntriesByType("resource").map(e => e.name);
if (loaded.length) wrong.push(...loaded);
document.title = JSON.stringify({wrong, background: getComputedStyle(document.body).backgroundColor});
</script>
"""


class References(HTMLParser):
    """Everything on a page that leads somewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what a tag loads or leads to."""
        self.found += [v or "" for name, v in attrs if name in ("href", "src", "srcset", "action")]


every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


@every_sample
def test_pages_refer_to_nothing_outside(sample: Sample) -> None:
    for mode in MODES:
        text = audit_html(audit_of(sample.name, mode))
        assert "<script" not in text
        assert "@import" not in text
        assert all(ref.startswith(("#", "data:,")) for ref in References(text).found)
        assert {url for url in re.findall(r"url\(([^)]*)\)", text) if url[0] != "#"} == set()


def test_costs_are_by_the_prices_and_choices_that_are_asked() -> None:
    told = {"cost": (("round", "7"),), "accumulate": (("1", "jacobian"),)}
    audit = audit_of("fedavg", "mixed", **told)
    assert audit_tree(audit)["cost"]["prices"] == {"up": 3.0, "down": 1.0, "round": 7.0}
    assert "by the prices up=3, down=1, round=7:" in audit_markdown(audit)
    mixed = [row for row in audit.costs.rows if row.plan and row.plan.mode == "mixed"]
    assert {str(row.traffic.rounds) for row in mixed} == {"2"}
    assert len(mixed) == 6


def test_what_the_server_learns() -> None:
    tree = audit_tree(audit_of("fedavg"))
    learned = {(u["role"], u["of"], u["news"], u["mechanism"]) for u in tree["server_learns"]}
    assert learned == {
        ("value", "delta", "as in the primal", "sum"),
        ("value", "losses", "as in the primal", "sum"),
        ("cotangent", "w_next", "new", "sum"),
        ("cotangent", "w", "new", "sum"),
    }


def test_what_is_sent_again() -> None:
    """Checkpoints run rounds again, and clients then contribute again."""
    tree = audit_tree(audit_of("fedavg_mlp", checkpoint=2))
    (delta,) = (
        u for u in tree["server_learns"] if u["value"] == "delta" and "grad" in u["computation"]
    )
    assert (delta["news"], delta["contributions"]) == ("sent again", "2·rounds")
    assert delta["in_the_primal"] == "rounds"


def test_secure_programs_upload_through_their_mechanism() -> None:
    tree = audit_tree(audit_of("secure_linear_regression"))
    assert {each["mechanism"] for each in tree["server_learns"]} == {"secure_sum"}
    assert tree["certificate"]["derivative"]["mechanisms"] == ["secure_sum"]


def squeezed(code: str) -> str:
    """Code without white space and without commas before closing brackets."""
    return re.sub(r",(?=[)\]}])", "", re.sub(r"\s", "", code))


@every_sample
def test_reverse_statements_lead_to_their_primal_statements(sample: Sample) -> None:
    audit = audit_of(sample.name)
    lines, source = audit.emitted.split("\n"), audit.source.split("\n")
    links = linked_lines(audit.emitted)
    assert links
    for number, origin in links.items():
        if "# Line" in (line := lines[number - 1]):
            rest = itertools.takewhile(lambda each: "#     " in each, lines[number:])
            said = line.partition(": ")[2] + "".join(each.partition("#")[2] for each in rest)
            assert squeezed("".join(source[origin - 1 :])).startswith(squeezed(said))


def test_markdown_has_the_five_parts() -> None:
    text = audit_markdown(audit_of("fedavg"))
    assert [line[3:4] for line in text.split("\n") if line.startswith("## ")] == list("12345")
    assert "| fedavg_round_vjp | the cotangent of `w` | (d,) | sum | 1 | new | 41 |" in text
    assert "sequenceDiagram" in text
    assert "Clients->>Server: sum: losses |losses|, w_next_at_clients_bar |w_next|" in text


def test_output_is_deterministic() -> None:
    for seed in ("1", "2"):
        code = "from tests.audit_pages import audit_of; from fadc.reports.audits.html import audit_html;"
        code += "import sys; sys.stdout.write(audit_html(audit_of('scaffold')))"
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            env={
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": ":".join(sys.path),
                "PYTHONIOENCODING": "utf-8",
            },
        )
        assert done.stdout == audit_html(audit_of("scaffold"))


def test_an_unproven_derivative_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "lib.py").write_text(
        "import fadc as fed\nsecret = fed.aggregator('secret', like=fed.sum)\nfed.mean = max\n",
        encoding="utf-8",
    )
    program = tmp_path / "program.py"
    program.write_text(
        "import fadc as fed\nfrom lib import secret\n\n\n@fed.computation\n"
        "def f(w: fed.Server, x: fed.Clients) -> fed.Server:\n"
        "    return secret(fed.map(lambda w, x: w * x, fed.broadcast(w), x))\n",
        encoding="utf-8",
    )
    done = command_line(["audit", str(program), "--mode", "reverse"])
    assert done.returncode == 1
    assert "not proven: line 3: in lib.py, replaces `fed.mean`" in done.stderr


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_in_a_browser(tmp_path: Path, theme: str) -> None:
    """Nothing fails, nothing is fetched, every link leads somewhere, and themes differ."""
    assert CHROMIUM is not None
    page = tmp_path / "page.html"
    text = audit_html(audit_of("fedavg_mlp", residuals="recompute", checkpoint=2))
    text = text.replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
    page.write_text(text.replace("</body>", f"{SCRIPT}</body>"), encoding="utf-8")
    done = subprocess.run(
        [
            CHROMIUM,
            *QUIET,
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--blink-settings=preferredColorScheme={['dark', 'light'].index(theme)}",
            "--enable-logging=stderr",
            "--window-size=1280,900",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title is not None, done.stderr
    background = {"dark": "rgb(15, 19, 24)", "light": "rgb(255, 255, 255)"}[theme]
    assert json.loads(title[1]) == {"wrong": [], "background": background}
    assert "CONSOLE" not in done.stderr  # A refused request would be an error there.
