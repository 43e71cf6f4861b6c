from __future__ import annotations

import base64
import re

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from report_samples import HOSTILE

from crm_analysis.errors import ReportError
from crm_analysis.report.index import index
from crm_analysis.report.render import About, page

ABOUT = About(f"Book {HOSTILE[0]}", "2026Q3", "2026-09-30")
PNG = base64.b64encode(b"\x89PNG").decode()


def rendered(*cells, title="Title") -> tuple[str, BeautifulSoup]:
    html = page(new_notebook(cells=list(cells)), title, ABOUT)
    return html, BeautifulSoup(html, "html.parser")


def outputs(*found):
    return new_code_cell("secret_code()", outputs=list(found), execution_count=1)


def display(data, metadata=None):
    return new_output("display_data", data, metadata=metadata or {})


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "kind", ["text/html", "text/markdown", "application/javascript", "image/svg+xml", "text/latex"]
)
def test_only_plain_text_of_untrusted_outputs_is_shown(text, kind):
    html, soup = rendered(outputs(display({kind: f"<b>{text}</b>", "text/plain": text})))
    assert not soup.find_all(["script", "img", "b", "svg"])
    assert "".join(soup.main.pre.get_text().split("\n")) == text
    assert "secret_code" not in html


def test_trusted_html_is_kept_and_forged_trust_is_not():
    trusted = {"crm_analysis": {"trusted": True}}
    _, soup = rendered(
        outputs(display({"text/html": "<i>ours</i>"}, trusted)),
        outputs(display({"text/html": "<u>not</u>", "text/plain": "plain"}, {"crm_analysis": {"trusted": "yes"}})),
    )
    assert soup.i.get_text() == "ours"
    assert soup.u is None


def test_stdout_is_escaped_and_stderr_and_errors_are_absent():
    html, soup = rendered(
        outputs(
            new_output("stream", name="stdout", text=HOSTILE[0]),
            new_output("stream", name="stderr", text="a warning"),
            new_output("error", ename="E", evalue="failure", traceback=["trace"]),
        )
    )
    assert soup.main.pre.get_text() == HOSTILE[0]
    assert "a warning" not in html
    assert "failure" not in html


def test_figures_carry_alt_text_caption_and_size():
    data, about = {"image/png": PNG + "\n"}, {"alt": HOSTILE[2], "width": 300, "height": 100}
    _, soup = rendered(
        outputs(display(data, {"image/png": about, "crm_analysis": {"caption": HOSTILE[0]}})),
        outputs(display({"image/png": 'x" onerror="alert(1)'})),
    )
    first, second = soup.find_all("img")
    assert first["alt"] == HOSTILE[2]
    assert first["src"] == f"data:image/png;base64,{PNG}"
    assert (first["width"], first["height"]) == ("300", "100")
    assert soup.figcaption.get_text() == HOSTILE[0]
    assert set(second.attrs) == {"src", "alt"}


def test_one_h1_anchors_and_contents():
    _, soup = rendered(
        new_markdown_cell("# Who is valuable?\ntext"),
        new_markdown_cell("## The pyramid\n### Détail\n#### Deep"),
        new_markdown_cell("# Another\n## The pyramid"),
    )
    assert [h.get_text() for h in soup.find_all("h1")] == ["Who is valuable?"]
    links = [a["href"] for a in soup.nav.find_all("a")]
    assert links == ["#the-pyramid", "#détail", "#another", "#the-pyramid-2"]
    assert {tag["id"] for tag in soup.main.find_all(id=True)} >= {link[1:] for link in links}


def test_a_page_without_headings_has_the_given_title():
    _, soup = rendered(outputs(), title=HOSTILE[0])
    assert soup.h1.get_text() == HOSTILE[0]
    assert soup.nav is None


def test_a_page_says_whose_it_is_and_opens_offline():
    html, soup = rendered(new_markdown_cell("# T\n[in](#t)"))
    assert soup.html["lang"] == "en"
    assert "Book <script>alert(1)</script>" in soup.footer.get_text()
    assert "2026-09-30" in soup.footer.get_text()
    assert soup.find("a", class_="skip")["href"] == "#content"
    assert soup.footer.a["href"] == "index.html"
    assert not soup.find_all("script")
    assert "http:" not in html
    assert "https:" not in html
    assert "default-src 'none'" in str(soup.find("meta", attrs={"http-equiv": True}))
    assert "@page { size: A4" in html
    assert re.findall(r"url\(|@import", html) == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="http://x/y.png">',
        "![y](http://x/y.png)",
        '<p onclick="f()">x</p>',
        '<a href=" java\nscript:f()">x</a>',
        "<iframe></iframe>",
    ],
)
def test_a_markdown_cell_of_ours_that_runs_or_loads_is_refused(text):
    with pytest.raises(ReportError, match="would run or load something"):
        rendered(new_markdown_cell(f"# T\n\n{text}"))


def test_money_in_markdown_is_not_taken_for_mathematics():
    _, soup = rendered(new_markdown_cell("# T\nfrom $5 to $6 and a_b_c"))
    assert "from $5 to $6 and a_b_c" in soup.main.get_text()


def test_same_notebook_same_bytes():
    cells = [new_markdown_cell("# T\n## A"), outputs(display({"text/plain": "x"}))]
    assert rendered(*cells)[0] == rendered(*cells)[0]


def test_the_index_escapes_lists_and_links():
    contents = {
        "segmentation": {
            "headlines": [{"name": "revenue", "heading": "Revenue", "value": HOSTILE[0], "sentence": HOSTILE[2]}],
            "tables": [{"name": "pyramid", "caption": HOSTILE[2], "rows": 1234}],
        }
    }
    html = index(ABOUT, contents, [HOSTILE[0]], {"data_check": HOSTILE[2]})
    soup = BeautifulSoup(html, "html.parser")
    assert not soup.find_all(["script", "img"])
    assert [a["href"] for a in soup.main.find_all("a")] == [
        "segmentation.html",
        "tables.xlsx",
        "tables/pyramid.csv",
        "tables/pyramid.parquet",
        "manifest.json",
    ]
    assert soup.find(class_="told").p.get_text().strip() == f"Revenue: {HOSTILE[0]}."
    assert "1,234 rows" in soup.get_text()
    assert "Not in this report" in soup.get_text()
    assert len(soup.find_all("h1")) == 1
    assert html == index(ABOUT, contents, [HOSTILE[0]], {"data_check": HOSTILE[2]})
