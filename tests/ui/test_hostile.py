"""Documents, file names and questions that try to be more than text."""

import pytest
from ui_fakes import FakeRag, serving

pytestmark = pytest.mark.browser

ATTACKS = [
    "<script>hacked = 1</script>",
    "<img src=x onerror='hacked = 1'>",
    "<svg onload='hacked = 1'><animate onbegin='hacked = 1'/></svg>",
    "<a href='javascript:hacked = 1'>click</a> [click](javascript:hacked=1)",
    "![beacon](http://beacon.test/pixel.png) <img src='http://beacon.test/pixel.png'>",
    "<style>@import 'http://beacon.test/style.css'; body { display: none }</style>",
    "<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe><base href='http://beacon.test/'>",
    "${hacked = 1} {{hacked}} `${(() => { hacked = 1 })()}` \\u003cscript\\u003e",
    '"><button class="citation" data-document="x" autofocus onfocus="hacked = 1"></button>',
    "</textarea></template></mark></p></article></details><script>hacked = 1</script>",
    "<meta http-equiv=refresh content='0; url=http://beacon.test/'> \u202e\ufeff&lt;b&gt;",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "<img src=x onerror=hacked=1>.md"
    sections = [f"## {attack}\n\nAttack number {n} is {attack} and more.\n" for n, attack in enumerate(ATTACKS)]
    path.write_text("# <script>hacked = 1</script> title\n\n" + "\n".join(sections), "utf-8")
    rag = FakeRag([path])
    with serving(lambda: rag) as url:
        yield url, rag


def test_nothing_runs_and_nothing_is_fetched(open_page, ask, hostile):
    url, rag = hostile
    page = open_page(url, locale="en-US", ready=".stock >> text=indexed")
    count = page.evaluate("document.querySelectorAll('script, style, iframe, base, meta, img, svg, a').length")
    document = next(iter(rag.documents.values()))
    for n, attack in enumerate(ATTACKS):
        turn = ask(page, f"Attack number {n} is {attack}")
        assert attack in turn.locator(".asked").text_content()
        chips = turn.locator(".citation")
        for i in range(chips.count()):
            chips.nth(i).hover()
            chips.nth(i).click()
            page.wait_for_function(
                "q => document.querySelector('#reader mark')?.textContent === q",
                arg=chips.nth(i).get_attribute("data-quote"),
            )
        page.locator("#evidence summary").click()
    assert all(attack in page.locator("#reader .document").text_content() for attack in ATTACKS)
    assert "onerror" in page.locator("#documents").text_content()
    assert page.locator("#reader .name").text_content() == document.title
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.evaluate("document.querySelectorAll('script, style, iframe, base, meta, img, svg, a').length") == count
    assert page.url == url


def test_even_unescaped_it_would_not_run(chromium, hostile):
    page = chromium.new_page()
    page.goto(hostile[0])
    page.wait_for_selector(".stock")
    refused = page.evaluate(
        """async () => {
            const refused = [];
            document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
            const place = document.createElement("div");
            place.innerHTML = "<p onclick='hacked = 1'>x</p>";
            document.body.append(place);
            place.firstChild.click();
            const script = document.createElement("script");
            script.textContent = "hacked = 1";
            document.body.append(script);
            await new Promise((done) => setTimeout(done, 200));
            return refused;
        }"""
    )
    hacked = page.evaluate("typeof hacked")
    page.close()
    assert hacked == "undefined"
    assert {"script-src-attr", "script-src-elem"} <= set(refused)
