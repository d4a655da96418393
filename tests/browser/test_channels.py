"""A safety officer makes a channel on a phone, tries it, reads what is wrong, mends it and sees that it arrives."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.browser.phone import Phones
from tests.channels.other_sides import OtherSide, other_side

NAME = "Control room display"


@pytest.fixture
def side() -> Iterator[OtherSide]:
    with other_side() as running:
        yield running


async def test_a_channel_is_made_tried_and_mended_on_a_phone(phones: Phones, side: OtherSide) -> None:
    side.answers = [(401, "unknown token")]
    phone = await phones("safety1")
    page = await phone.open("/me")
    await page.locator("main").get_by_role("link", name="通知渠道").click()
    await page.wait_for_url("**/channels")
    await page.get_by_role("link", name="新建渠道").click()
    await page.get_by_role("link", name="其他系统").click()
    await page.fill("[name=name]", NAME)
    await page.fill("[name=address]", side.url.replace("127.0.0.1", "localhost") + "/hook")
    await page.fill("[name=secret]", "a secret of the plant")
    await page.get_by_role("button", name="保存渠道").click()
    await expect(page.get_by_text("厂外的地址要用 https://")).to_be_visible()
    await page.get_by_label("内网地址").check()
    await page.fill("[name=secret]", "a secret of the plant")
    await page.get_by_role("button", name="保存渠道").click()
    await page.wait_for_url("**/channels/*?done=made")
    await expect(page.get_by_text("渠道已建立")).to_be_visible()

    await page.get_by_role("button", name="试发一条").click()
    standing = page.locator("#standing")
    await expect(standing).to_contain_text("试发没有成功")
    await expect(standing).to_contain_text("对方不认这个密钥")
    await expect(standing).to_contain_text("unknown token")
    await expect(page.locator("#messages li")).to_contain_text("没能发出")

    await phone.comes_to_rest()
    await page.get_by_role("button", name="试发一条").click()
    await expect(standing).to_contain_text("试发成功")
    first, second = side.got
    assert first.path == second.path == "/hook" and second.told["kind"] == "test"
    assert "x-ansu-signature" in second.headers
    await phone.open("/channels")
    row = page.locator("a.row", has_text=NAME)
    await expect(row).to_contain_text("能送到")
    await row.click()
    await phone.comes_to_rest()
    await page.get_by_role("button", name="暂停发送").click()
    await expect(page.get_by_text("已暂停，期间的消息先留着")).to_be_visible()
    assert [words for words in phone.complaints if "422" not in words] == [], "but for the form that was refused"
