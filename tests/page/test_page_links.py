"""Links: whatever stands in the address, the page stays whole, and says what it could not use."""

import pytest
from calculator import Calculator
from playwright.sync_api import expect

HOSTILE = [
    "?v=2&gpu=B200+SXM",
    "?%00=%ff&model=%3Cimg%20src=x%20onerror=alert(1)%3E",
    "?model=__proto__&gpu=constructor&units=toString",
    "?nodes=1e309&input_tokens=NaN&output_tokens=-0&utilization=Infinity",
    "?" + "&".join(f"k{index}=1" for index in range(300)),
    "?view=%2e%2e&how=__class__&show=,,,&theme=%22&money_pue=nan",
    "?a.model=" + "x" * 500 + "&a.gpu=%3Cimg%20src=x%3E&find_users=-1&find_gpus=,,&other=1",
    "?v=1&v=2&nodes=2&nodes=3&=&&&=x",
    "?x=" + "y" * 9000,
]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_link_leaves_the_page_whole(booted_page, query):
    calculator = Calculator(booted_page)
    calculator.reset()
    booted_page.evaluate("(query) => history.replaceState(null, '', location.pathname + query)", query)
    booted_page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    expect(booted_page.locator("#link-notes")).to_be_visible()
    assert booted_page.locator("html").get_attribute("data-state") == "ready"
    assert booted_page.locator("#link-notes *:not(li)").count() == 0, "text, not markup"
    assert booted_page.evaluate("document.querySelectorAll('img[src=x]').length") == 0
    calculator.reset()
