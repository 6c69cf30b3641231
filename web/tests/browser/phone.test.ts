import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { ConversationPage } from "../../src/protocol.ts";
import { bubble, checkAccessibility, logIn, openOrder, placeOrder, sendMessage, waitForFrame, waitForStatus } from "./steps.ts";
import { browserSetup } from "./setup.ts";

const setup = browserSetup();
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const list = (page: Page) => page.getByRole("navigation", { name: "Conversations" });

/** Adds forty copies of the only order to the list. */
async function addOrderCopies(page: Page): Promise<void> {
  await page.route("**/api/chat/conversations?*", async (route) => {
    const answer = (await (await route.fetch()).json()) as ConversationPage;
    const [first] = answer.items;
    if (first === undefined) return route.fulfill({ json: answer });
    const begun = Date.parse(first.lastActivityAt);
    const copies = Array.from({ length: 40 }, (_, index) => ({
      ...first,
      id: `cnv_copy${index}`,
      customerName: `Customer ${index + 1}`,
      unread: 0,
      lastActivityAt: new Date(begun + (30.5 - index) * 60_000).toISOString(),
    }));
    // The real order follows the copies, by time after thirty of them.
    await route.fulfill({ json: { ...answer, items: [...copies, first] } });
  });
}

test("Back restores the list's scroll position and focus, and a chat is one history entry", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window(PHONE);
  await logIn(mia, "Mia Berger");
  await placeOrder(mia, "Desk lamp");
  await addOrderCopies(grace);
  await logIn(grace, "Grace Okafor");
  await list(grace).getByText("Customer 1", { exact: true }).waitFor();
  const offset = () => grace.locator(".list").evaluate((frame) => frame.scrollTop);
  const first = await grace.evaluate(() => history.length);
  for (const back of ["button", "system"]) {
    const row = list(grace).getByRole("link", { name: /Mia Berger/ });
    await expect
      .poll(async () => {
        if ((await row.count()) === 0) await grace.locator(".list").evaluate((frame) => (frame.scrollTop = Math.max(frame.scrollTop, 2_000) + 300));
        return row.isVisible();
      })
      .toBe(true);
    await row.scrollIntoViewIfNeeded();
    const steps = await grace.evaluate(() => history.length);
    await grace.evaluate(() => {
      addEventListener("click", () => Object.assign(globalThis, { before: document.querySelector(".list")?.scrollTop }), { capture: true, once: true });
    });
    await row.click();
    await grace.getByRole("heading", { name: "Desk lamp", level: 1 }).waitFor();
    expect(await grace.evaluate(() => document.activeElement?.id)).toBe("chat-title");
    expect(await grace.getByRole("heading", { level: 1 }).count()).toBe(1);
    expect(await list(grace).count()).toBe(0);
    // Going back keeps the forward entry. Opening a chat again replaces it.
    expect(await grace.evaluate(() => history.length)).toBe(Math.max(steps, first + 1));
    await grace.locator(".messages").waitFor();
    if (back === "button") await grace.getByRole("link", { name: "Back to the list" }).click();
    else await grace.goBack();
    await list(grace).waitFor();
    expect(new URL(grace.url()).pathname).toBe("/orders");
    const before = await grace.evaluate(() => (globalThis as unknown as { before: number }).before);
    expect(before).toBeGreaterThan(2_000);
    await waitForFrame(grace);
    expect(await offset()).toBe(before);
    expect(await grace.evaluate(() => document.activeElement?.getAttribute("href"))).toBe(new URL(mia.url()).pathname);
  }
});

test("Back leads to the list from a chat that was opened by its URL", async () => {
  const { page } = await setup.windows.window(PHONE);
  await logIn(page, "Aisha Rahman");
  await placeOrder(page, "Rubber plant");
  await page.goto(new URL(page.url()).pathname);
  await page.getByRole("link", { name: "Back to the list" }).click();
  await list(page).getByText("Order placed").waitFor();
  expect(new URL(page.url()).pathname).toBe("/orders");
});

test("on a wide screen the browser's Back does not step through every chat", async () => {
  const { page } = await setup.windows.window();
  await logIn(page, "Jonas Keller");
  for (const title of ["Wall clock", "Headphones", "Desk lamp"]) await placeOrder(page, title);
  const { page: grace } = await setup.windows.window();
  await logIn(grace, "Grace Okafor");
  await grace.getByText("Choose an order").waitFor();
  const steps = await grace.evaluate(() => history.length);
  for (const title of ["Wall clock", "Headphones", "Desk lamp"]) {
    await openOrder(grace, title);
    await grace.getByRole("heading", { name: title }).waitFor();
  }
  expect(await grace.evaluate(() => history.length)).toBe(steps + 1);
  await grace.goBack();
  await grace.getByText("Choose an order").waitFor();
});

test("the back link of a chat shows the unread count of the other conversations", async () => {
  const { page: leo } = await setup.windows.window();
  const { page: grace } = await setup.windows.window(PHONE);
  await logIn(leo, "Leo Martin");
  for (const title of ["Wall clock", "Headphones"]) await placeOrder(leo, title);
  await logIn(grace, "Grace Okafor");
  await openOrder(grace, "Wall clock");
  await grace.getByRole("heading", { name: "Wall clock" }).waitFor();
  const elsewhere = async () => Number(/(\d+) unread/.exec((await grace.locator(".back .unread .visually-hidden").allInnerTexts()).join())?.[1] ?? 0);
  const before = await elsewhere();
  await sendMessage(leo, "Do they fold?");
  await waitForStatus(leo, "Do they fold?", "Sent");
  await expect.poll(elsewhere).toBe(before + 1);
  await grace.getByRole("link", { name: /Back to the list \d+ unread in other conversations/ }).waitFor();
  await checkAccessibility(grace, "phone-back-badge");
});

test("on a phone Enter inserts a line break and the button sends", async () => {
  const { page } = await setup.windows.window(PHONE);
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Reading chair");
  const field = page.getByRole("textbox", { name: "Message" });
  expect(await field.getAttribute("enterkeyhint")).toBe("enter");
  await field.pressSequentially("One");
  await field.press("Enter");
  await field.pressSequentially("Two");
  expect(await field.inputValue()).toBe("One\nTwo");
  await page.getByRole("button", { name: "Send" }).click();
  await waitForStatus(page, "Two", "Sent");
  expect(await bubble(page, "Two").locator(".body").innerText()).toBe("One\nTwo");
});

test("an on-screen keyboard over the page covers neither the composer nor the top bar", async () => {
  const { page } = await setup.windows.window(PHONE);
  // Simulates Safari on iOS: the layout height stays the same, and only the visual viewport shrinks
  // and moves.
  await page.addInitScript(() => {
    const viewport = Object.assign(new EventTarget(), { height: 844, offsetTop: 0, scale: 1 });
    Object.defineProperty(globalThis, "visualViewport", { value: viewport });
  });
  const keyboard = (height: number, offsetTop: number) =>
    page.evaluate((area) => {
      Object.assign(globalThis.visualViewport as object, area);
      globalThis.visualViewport?.dispatchEvent(new Event("resize"));
    }, { height, offsetTop });
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Desk lamp");
  const box = async (selector: string) => (await page.locator(selector).boundingBox()) ?? { y: Number.NaN, height: Number.NaN };
  await keyboard(460, 120);
  const [bar, composer] = [await box(".topbar"), await box(".composer")];
  expect(bar.y).toBe(120);
  expect(composer.y + composer.height).toBeLessThanOrEqual(580);
  expect((await box(".messages")).height).toBeGreaterThan(120);
  await keyboard(844, 0);
  const after = await box(".composer");
  expect((await box(".topbar")).y).toBe(0);
  expect(after.y + after.height).toBeGreaterThan(800);
});

test("the composer grows with its text, also in browsers without field-sizing", async () => {
  for (const old of [false, true]) {
    const { page } = await setup.windows.window({ bypassCSP: true });
    if (old) {
      await page.addInitScript(() => {
        CSS.supports = () => false;
        document.addEventListener("DOMContentLoaded", () => {
          const style = document.createElement("style");
          style.textContent = "textarea { field-sizing: fixed !important }";
          document.head.append(style);
        });
      });
    }
    await logIn(page, "Aisha Rahman");
    await placeOrder(page, "Rubber plant");
    const field = page.getByRole("textbox", { name: "Message" });
    const height = async () => (await field.boundingBox())?.height ?? 0;
    const one = await height();
    await field.fill("One\ntwo\nthree\nfour");
    expect(await height()).toBeGreaterThan(one + 50);
    await field.fill("line\n".repeat(40));
    expect(await height()).toBeLessThan(220);
    await field.fill("");
    expect(Math.abs((await height()) - one)).toBeLessThanOrEqual(1);
  }
});

test("no label is cut at any width, and the font is shipped with the pages", async () => {
  const fonts: string[] = [];
  for (const width of [320, 390, 767, 800, 1280]) {
    const { page } = await setup.windows.window({ viewport: { width, height: 700 } });
    page.on("response", (response) => {
      if (response.url().endsWith(".woff2")) fonts.push(response.url());
    });
    await logIn(page, "Tom Lindqvist");
    await page.locator(".card-label").first().waitFor();
    expect(await page.evaluate(async () => (await document.fonts.ready).check('1rem "Inter Variable"'))).toBe(true);
    const cut = await page.locator(".card").evaluateAll((cards) =>
      cards.filter((card) => {
        const label = card.querySelector<HTMLElement>(".card-label");
        const [inner, outer] = [label?.getBoundingClientRect(), card.getBoundingClientRect()];
        return label === null || inner === undefined || label.scrollWidth > label.clientWidth || inner.right > outer.right - 4 || inner.height > 24;
      }).map((card) => card.textContent),
    );
    expect(cut, `${width} px`).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await checkAccessibility(page, `width-${width}`);
  }
  // Western European text needs only one file.
  expect(new Set(fonts).size).toBe(1);
  const bytes = (await (await fetch(fonts[0] ?? "")).arrayBuffer()).byteLength;
  process.stderr.write(`the font of a first load: ${bytes} bytes\n`);
  expect(bytes).toBeLessThan(60_000);
});

test("the chat header stays small on a phone and shows presence", async () => {
  const { page: leo } = await setup.windows.window();
  await logIn(leo, "Leo Martin");
  await placeOrder(leo, "Headphones");
  for (const name of ["Leo Martin", "Grace Okafor"]) {
    for (const width of [320, 390]) {
      const { page } = await setup.windows.window({ ...PHONE, viewport: { width, height: 780 }, colorScheme: width === 320 ? "dark" : "light" });
      await logIn(page, name);
      await openOrder(page, "Headphones");
      await page.locator(".presence .dot").waitFor();
      await checkAccessibility(page, `phone-header-${name === "Leo Martin" ? "customer" : "admin"}-${width}`);
      const height = (await page.locator(".chat-header").boundingBox())?.height ?? 780;
      // An admin's has one more line: what the shop decided.
      expect(height / 780).toBeLessThan(name === "Leo Martin" ? 0.16 : 0.21);
      const within = await page.locator(".presence").evaluate((each) => {
        const [inner, outer] = [each.getBoundingClientRect(), each.closest(".chat-title")?.getBoundingClientRect()];
        return outer !== undefined && inner.right <= outer.right + 1;
      });
      expect(within).toBe(true);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    }
  }
});
