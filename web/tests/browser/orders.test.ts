import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { ConversationPage } from "../../src/protocol.ts";
import { bubble, checkAccessibility, chooseAction, choosePerson, logIn, logOut, openOrder, placeOrder, sendMessage, waitForFrame, waitForStatus } from "./steps.ts";
import { FAILED_REQUEST, browserSetup } from "./setup.ts";

const setup = browserSetup();
const list = (page: Page) => page.getByRole("navigation", { name: "Conversations" });
const notice = (page: Page) => page.getByRole("region", { name: "New orders" });

test("for an admin no conversation opens by itself, and the list marks nothing as read", async () => {
  const { page: leo } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await logIn(leo, "Leo Martin");
  await placeOrder(leo, "Headphones");
  await sendMessage(leo, "Do they fold?");
  await waitForStatus(leo, "Do they fold?", "Sent");
  await logIn(grace, "Grace Okafor");
  await list(grace).getByText("Do they fold?").waitFor();
  await grace.getByText("Choose an order").waitFor();
  await checkAccessibility(grace, "admin-none-open");
  expect(new URL(grace.url()).pathname).toBe("/orders");
  await sendMessage(leo, "And are they loud?");
  await list(grace).getByText("And are they loud?").waitFor();
  await list(grace).getByRole("link", { name: /[23] unread/ }).first().waitFor();
  expect(await bubble(leo, "Do they fold?").locator('.ticks[title="Read"]').count()).toBe(0);
  // A conversation opens by its URL, or by a click, which moves the focus to the composer.
  await openOrder(grace, "Headphones");
  await grace.getByRole("textbox", { name: "Message" }).waitFor();
  await expect.poll(() => grace.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Message");
});

test("a final action needs a confirmation before anything is sent, also by keyboard", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  const sent: string[] = [];
  grace.on("request", (request) => {
    if (request.method() === "PATCH") sent.push(request.postData() ?? "");
  });
  await logIn(mia, "Mia Berger");
  await placeOrder(mia, "Desk lamp");
  await logIn(grace, "Grace Okafor");
  await openOrder(grace, "Desk lamp");
  const dialog = grace.getByRole("alertdialog", { name: "Cancel the order?" });
  const focused = () => grace.evaluate(() => document.activeElement?.textContent);
  const ask = async () => {
    await grace.getByRole("button", { name: "Actions" }).focus();
    await grace.keyboard.press("Enter");
    await grace.getByRole("menuitem", { name: "Cancel the order", disabled: false }).focus();
    await grace.keyboard.press("Enter");
    await dialog.waitFor();
  };
  await ask();
  await checkAccessibility(grace, "confirm-cancel");
  expect(await focused()).toBe("Keep the order");
  for (const leave of ["Enter", "Escape"]) {
    if (leave === "Escape") await ask();
    await grace.keyboard.press(leave);
    await dialog.waitFor({ state: "detached" });
    await expect.poll(focused).toBe("Actions");
  }
  // Leaving the page during the question sends nothing.
  await ask();
  await grace.reload();
  await grace.getByRole("button", { name: "Actions" }).waitFor();
  expect(await dialog.count()).toBe(0);
  expect(sent).toEqual([]);
  expect(await mia.locator(".system", { hasText: "Order cancelled" }).count()).toBe(0);
  // Confirming an order can be undone, so there is no dialog.
  await chooseAction(grace, "Confirm the order");
  await mia.locator(".system", { hasText: "Order confirmed" }).waitFor();
  await ask();
  await grace.keyboard.press("Tab");
  expect(await focused()).toBe("Cancel the order");
  await grace.keyboard.press("Enter");
  await mia.locator(".system", { hasText: "Order cancelled" }).waitFor();
  expect(sent).toHaveLength(2);
});

test("each view has its title, with the unread count first", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await mia.goto("/");
  await expect.poll(() => mia.title()).toBe("Log in – Order chat");
  await logIn(mia, "Mia Berger");
  await mia.getByRole("link", { name: "Shop", exact: true }).click();
  await expect.poll(() => mia.title()).toMatch(/Shop – Order chat$/);
  await placeOrder(mia, "Wall clock");
  const number = new URL(mia.url()).pathname.slice(-6).toUpperCase();
  await expect.poll(() => mia.title()).toMatch(new RegExp(`Wall clock #${number} – Order chat$`));
  await logIn(grace, "Grace Okafor");
  await expect.poll(() => grace.title()).toMatch(/^\(\d+\) All orders – Order chat$/);
  await openOrder(grace, "Wall clock");
  // On another page the customer sees the unread count.
  await mia.getByRole("link", { name: "Shop", exact: true }).click();
  await mia.getByRole("heading", { name: "Shop" }).waitFor();
  const before = Number(/^\((\d+)\)/.exec(await mia.title())?.[1] ?? 0);
  await sendMessage(grace, "It is on its way.");
  await expect.poll(() => mia.title()).toBe(`(${before + 1}) Shop – Order chat`);
  await mia.getByRole("link", { name: `My orders ${before + 1} unread` }).waitFor();
  await checkAccessibility(mia, "shop-unread");
  await mia.goto("/nowhere");
  await expect.poll(() => mia.title()).toMatch(/Not found – Order chat$/);
  await mia.getByRole("heading", { level: 1, name: "Page not found" }).waitFor();
});

test("the unread count shows a plus while some orders are not loaded", async () => {
  const { page: jonas } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await logIn(jonas, "Jonas Keller");
  await placeOrder(jonas, "Rubber plant");
  await grace.route(/\/api\/chat\/conversations\?(?!.*since)/, async (route) => {
    const answer = (await (await route.fetch()).json()) as ConversationPage;
    const items = answer.items.slice(0, 1).map((each) => ({ ...each, unread: 49 }));
    await route.fulfill({ json: { ...answer, items, nextCursor: "older" } });
  });
  await grace.route(/\/api\/chat\/conversations\?.*since/, (route) => route.fulfill({ json: { items: [], asOf: new Date().toISOString() } }));
  await logIn(grace, "Grace Okafor");
  await expect.poll(() => grace.title()).toBe("(49+) All orders – Order chat");
});

test("the notice of new orders covers nothing, stays while it is hovered or focused, and sums up orders", async () => {
  const { page: mia } = await setup.windows.window();
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    const { page: grace } = await setup.windows.window({ viewport });
    await grace.clock.install();
    await logIn(mia, "Mia Berger");
    await placeOrder(mia, "Desk lamp");
    await logIn(grace, "Grace Okafor");
    await openOrder(grace, "Desk lamp");
    await grace.getByRole("textbox", { name: "Message" }).waitFor();
    await placeOrder(mia, "Wall clock");
    await notice(grace).getByText("New order from Mia Berger").waitFor();
    await checkAccessibility(grace, `notice-${viewport.width}`);
    const box = async (selector: string) => (await grace.locator(selector).boundingBox()) ?? { y: 0, height: 0 };
    const { y, height } = await box(".notice");
    for (const selector of [".messages", ".composer", ".chat-header"]) expect(y + height, selector).toBeLessThanOrEqual((await box(selector)).y);

    // The notice stays while the pointer is over it.
    await notice(grace).hover();
    await grace.clock.fastForward(60_000);
    await waitForFrame(grace);
    expect(await notice(grace).count()).toBe(1);
    await grace.mouse.move(5, 400);
    await grace.clock.fastForward(13_000);
    await notice(grace).waitFor({ state: "detached" });

    // The notice also stays while it has the focus, and it sums up further orders.
    for (const title of ["Headphones", "Stoneware mug", "Rubber plant", "Desk lamp", "Reading chair"]) await placeOrder(mia, title);
    await notice(grace).getByText("5 new orders").waitFor();
    await grace.getByRole("status").getByText("5 new orders: Mia Berger").waitFor();
    await checkAccessibility(grace, `notice-sum-${viewport.width}`);
    await notice(grace).getByRole("button", { name: "Dismiss" }).focus();
    await grace.clock.fastForward(60_000);
    await waitForFrame(grace);
    expect(await notice(grace).count()).toBe(1);
    await grace.keyboard.press("Enter");
    await notice(grace).waitFor({ state: "detached" });
    expect(await grace.evaluate(() => document.activeElement?.closest("nav")?.getAttribute("aria-label"))).toBe("Pages");
    await placeOrder(mia, "Headphones");
    await notice(grace).getByText("New order from Mia Berger").waitFor();
    await grace.clock.fastForward(13_000);
    await notice(grace).waitFor({ state: "detached" });
  }
});

test("the basket and the note are kept over navigation and reload, belong to one person, and are cleared by the order", async () => {
  const { page } = await setup.windows.window();
  const note = page.getByRole("textbox", { name: "A note for the shop" });
  await logIn(page, "Aisha Rahman");
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.getByRole("button", { name: "Add Desk lamp" }).focus();
  await page.keyboard.press("Enter");
  // The focus moves to the button that replaces the pressed one, and back.
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  expect(await focused()).toBe("Increase quantity");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Decrease quantity" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  expect(await focused()).toBe("Add Desk lamp");
  await page.keyboard.press("Enter");
  await note.fill("Please ring twice.");
  await page.getByRole("link", { name: "My orders" }).click();
  await page.getByText("Chat with the shop about your orders").waitFor();
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.getByRole("form", { name: "Your order" }).getByText("1 × Desk lamp").waitFor();
  expect(await note.inputValue()).toBe("Please ring twice.");
  await page.reload();
  await page.getByRole("form", { name: "Your order" }).getByText("1 × Desk lamp").waitFor();
  expect(await note.inputValue()).toBe("Please ring twice.");

  await logOut(page);
  await choosePerson(page, "Leo Martin");
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.getByText("Your basket is empty.").waitFor();
  expect(await note.inputValue()).toBe("");
  await logOut(page);
  await choosePerson(page, "Aisha Rahman");
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.waitForURL(/\/orders\/cnv_/);
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.getByText("Your basket is empty.").waitFor();
  expect(await note.inputValue()).toBe("");
});

test("after a server error the order can be sent again and is placed once", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page } = await setup.windows.window();
  await logIn(page, "Jonas Keller");
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.getByRole("button", { name: "Add Wall clock" }).click();
  // The server stores the order, and the page gets an error instead of the answer.
  await page.route(
    "**/api/sales",
    async (route) => {
      await route.fetch();
      await route.fulfill({ status: 500, json: { code: "internal", detail: "The server had an internal error." } });
    },
    { times: 1 },
  );
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.getByText("The server had an error. Try again: your order will be placed only once.").waitFor();
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.waitForURL(/\/orders\/cnv_/);
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await list(page).getByRole("link", { name: /Wall clock/ }).first().waitFor();
  expect(await list(page).getByRole("link", { name: /Wall clock/ }).count()).toBe(1);
});
