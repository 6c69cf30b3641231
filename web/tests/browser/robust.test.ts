import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bubble, logIn, placeOrder, sendMessage, waitForStatus } from "./steps.ts";
import { conversation } from "../unit/test-client.ts";
import { NO_NETWORK, browserSetup } from "./setup.ts";

const setup = browserSetup();

/** Invented frames of later releases, and malformed frames. */
const FRAMES = readFileSync(new URL("../fixtures/future/events.json", import.meta.url), "utf8");

test("frames of later releases do not break the page", async () => {
  // The page reports the malformed frames as errors.
  setup.allowConsoleMessages(/thrown: TypeError/);
  const { page } = await setup.windows.window();
  let push = (_: string) => {};
  await page.routeWebSocket(/ticket=/, (route) => {
    route.connectToServer();
    push = (frame) => route.send(frame);
  });
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Desk lamp");
  // An answer with the messages that the server knows would replace the invented ones.
  await page.locator(".system", { hasText: "Order placed" }).waitFor();
  const conversationId = page.url().split("/").at(-1) ?? "";
  const frames = JSON.parse(FRAMES.replaceAll("cnv_a", conversationId)) as object[];
  for (const frame of frames) push(JSON.stringify(frame));
  await page.getByText("Which colour?").last().waitFor();
  await page.getByText("Order refunded").last().waitFor();
  await placeOrder(page, "Wall clock");
  await sendMessage(page, "Still here");
  await waitForStatus(page, "Still here", "Sent");
});

test("a rendering error shows a message and a reload button", async () => {
  setup.allowConsoleMessages(/./);
  const { page } = await setup.windows.window();
  await page.route("**/api/chat/conversations?*", (route) => route.fulfill({ json: { items: [{ ...conversation(1, { unread: 0 }), order: null }], asOf: "2026-03-01T09:30:00.000Z" } }));
  await page.goto("/");
  await page.getByRole("button", { name: "Mia Berger" }).click();
  await page.getByText("Something went wrong").waitFor();
  await page.unroute("**/api/chat/conversations?*");
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByRole("button", { name: "Account of Mia Berger" }).waitFor();
});

test("a lost network is shown within a second, and a message written offline is sent when it is back", async () => {
  setup.allowConsoleMessages(NO_NETWORK);
  const { page, context } = await setup.windows.window();
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Wall clock");
  await page.evaluate(() => {
    const timing = globalThis as unknown as { shownAfter?: number };
    addEventListener("offline", () => {
      const lost = performance.now();
      const look = () => {
        if (document.body.innerText.includes("You're offline")) timing.shownAfter = performance.now() - lost;
        else requestAnimationFrame(look);
      };
      look();
    });
  });
  await context.setOffline(true);
  await page.getByText("You're offline").waitFor();
  // Measured in the page, from the event to the first frame that shows it. The shortest time-out is
  // 3 s, so no time-out is involved.
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as { shownAfter?: number }).shownAfter)).toBeLessThan(1_000);
  await sendMessage(page, "Written offline");
  await waitForStatus(page, "Written offline", "Sending");
  await context.setOffline(false);
  await waitForStatus(page, "Written offline", "Sent");
});

test("a message that one tab wrote and another tab sends stays visible all the time", async () => {
  setup.allowConsoleMessages(NO_NETWORK);
  const { page: writer, context } = await setup.windows.window();
  await logIn(writer, "Mia Berger");
  await placeOrder(writer, "Headphones");
  // This tab has no connection. The other tab of the same person has one.
  await writer.routeWebSocket(/ticket=/, (route) => void route.close());
  await writer.reload();
  await writer.getByRole("textbox", { name: "Message" }).waitFor();
  const seen = writer.evaluate(
    () =>
      new Promise<boolean[]>((done) => {
        const looks: boolean[] = [];
        const look = () => {
          const bubbles = [...document.querySelectorAll(".bubble")].filter((each) => each.textContent.includes("By the other tab"));
          if (bubbles.length > 0 || looks.length > 0) looks.push(bubbles.length === 1);
          if (bubbles.some((each) => each.querySelector('.ticks[title="Sent"], .ticks[title="Delivered"]'))) done(looks);
          else requestAnimationFrame(look);
        };
        look();
      }),
  );
  await sendMessage(writer, "By the other tab");
  const other = await context.newPage();
  const session = await writer.evaluate(() => JSON.stringify(sessionStorage));
  await other.addInitScript((stored) => {
    for (const [key, value] of Object.entries(JSON.parse(stored) as Record<string, string>)) sessionStorage.setItem(key, value);
  }, session);
  await other.goto("/");
  await other.getByRole("button", { name: "Account of Mia Berger" }).waitFor();
  expect((await seen).every(Boolean)).toBe(true);
  expect(await bubble(writer, "By the other tab").count()).toBe(1);
});

test("a suspended tab that holds the outbox's lock delays other tabs by only a few seconds", async () => {
  const { page, context } = await setup.windows.window();
  const holder = await context.newPage();
  await holder.goto("/");
  await logIn(page, "Leo Martin");
  await placeOrder(page, "Rubber plant");
  const name = `order-chat/outbox/customer/leo/${page.url().split("/").at(-1)}`;
  await holder.evaluate((lock) => new Promise<void>((held) => void navigator.locks.request(lock, () => (held(), new Promise(() => {})))), name);
  await sendMessage(page, "Not held up");
  await waitForStatus(page, "Not held up", "Sent");
});
