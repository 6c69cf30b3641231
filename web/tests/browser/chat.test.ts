import { expect, test } from "vitest";
import { bubble, deferred, delayRequests, logIn, openOrder, placeOrder, sendMessage, startConversation, waitForFrame, waitForStatus } from "./steps.ts";
import { FAILED_REQUEST, NO_NETWORK, browserSetup } from "./setup.ts";

const setup = browserSetup();

test("a late answer to an action changes its own conversation and not the open one, without another request", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await logIn(mia, "Mia Berger");
  await placeOrder(mia, "Desk lamp");
  const lamp = new RegExp(`${mia.url().split("/").at(-1)}(/messages.*)?$`);
  await placeOrder(mia, "Wall clock");
  await logIn(grace, "Grace Okafor");
  const list = grace.getByRole("navigation", { name: "Conversations" });
  await list.getByRole("link", { name: /Desk lamp/ }).click();
  await grace.getByRole("heading", { name: "Desk lamp" }).waitFor();
  const answer = await delayRequests(grace, lamp, "PATCH");
  await grace.getByRole("button", { name: "Actions" }).click();
  await grace.getByRole("menuitem", { name: "Archive the conversation" }).click();
  await list.getByRole("link", { name: /Wall clock/ }).click();
  await grace.getByText("Mia Berger is online").waitFor();
  let fetched = 0;
  grace.on("request", (request) => {
    if (lamp.test(request.url()) && request.method() === "GET") fetched += 1;
  });
  const answered = grace.waitForResponse((response) => lamp.test(response.url()));
  answer();
  await (await answered).finished();
  await list.getByRole("link", { name: /Desk lamp.*Archived/ }).waitFor();
  await waitForFrame(grace);
  await mia.getByRole("textbox", { name: "Message" }).pressSequentially("Is it loud");
  await grace.locator(".typing").getByText("Mia Berger is typing…").waitFor();
  expect(fetched).toBe(0);

  await list.getByRole("link", { name: /Desk lamp/ }).click();
  await grace.locator(".chat-header .badge", { hasText: "Archived" }).waitFor();
  await grace.getByRole("button", { name: "Actions" }).click();
  await grace.getByRole("menuitem", { name: "Reopen the conversation" }).click();
  await grace.locator(".chat-header .badge", { hasText: "Archived" }).waitFor({ state: "detached" });
  await waitForFrame(grace);
  expect(await grace.locator(".actions").getByRole("alert").count()).toBe(0);
});

test("a message that overtakes another is read when both have arrived, and both are announced", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await grace.routeWebSocket(/ticket=/, (route) => {
    const server = route.connectToServer();
    route.onMessage((frame) => server.send(frame));
    server.onMessage((frame) => {
      if (!String(frame).includes("Lost on the way")) route.send(frame);
    });
  });
  await startConversation(mia, grace);
  await sendMessage(mia, "Lost on the way");
  await sendMessage(mia, "Behind it");
  await bubble(grace, "Lost on the way").waitFor();
  await waitForStatus(mia, "Behind it", "Read");
  for (let time = 1; time <= 2; time += 1) await sendMessage(mia, "Hello?");
  await expect.poll(() => grace.getByRole("log").locator("p").allInnerTexts()).toEqual([
    "Mia Berger: Lost on the way",
    "Mia Berger: Behind it",
    "Mia Berger: Hello?",
    "Mia Berger: Hello?",
  ]);
});

test("an order that fails offline shows an error, and a person who has left the shop is not moved", async () => {
  setup.allowConsoleMessages(NO_NETWORK);
  const { page, context } = await setup.windows.window({ viewport: { width: 390, height: 844 } });
  await logIn(page, "Jonas Keller");
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.getByRole("button", { name: "Add Wall clock" }).click();
  await context.setOffline(true);
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.getByText("The server cannot be reached.").waitFor();
  await context.setOffline(false);

  const answer = await delayRequests(page, /\/api\/sales$/, "POST");
  const placed = page.waitForResponse(/\/api\/sales$/);
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.getByRole("link", { name: "My orders" }).click();
  answer();
  await (await placed).finished();
  await page.getByRole("navigation", { name: "Conversations" }).getByText("Wall clock").waitFor();
  await waitForFrame(page);
  expect(new URL(page.url()).pathname).toBe("/orders");
  expect(await page.getByRole("navigation", { name: "Conversations" }).getByRole("link").count()).toBe(1);
});

test("the Enter key that ends an IME composition in Safari does not send", async () => {
  const { page } = await setup.windows.window();
  await logIn(page, "Aisha Rahman");
  await placeOrder(page, "Rubber plant");
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("にほん");
  await field.evaluate((each) => {
    each.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }));
  });
  await waitForFrame(page);
  expect(await field.inputValue()).toBe("にほん");
  await page.locator(".send:enabled").waitFor();
  await field.press("Enter");
  await waitForStatus(page, "にほん", "Sent");
});

test("a chat that opens does not take the focus from the search field", async () => {
  const { page: leo } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await logIn(leo, "Leo Martin");
  await placeOrder(leo, "Headphones");
  await logIn(grace, "Grace Okafor");
  const answer = await delayRequests(grace, /\/api\/chat\//, "GET");
  const ticket = await delayRequests(grace, /\/api\/chat\//, "POST");
  await grace.goto(new URL(leo.url()).pathname);
  await grace.getByRole("searchbox", { name: "Search the orders" }).click();
  await grace.keyboard.type("head");
  answer();
  ticket();
  await grace.getByRole("textbox", { name: "Message" }).waitFor();
  await waitForFrame(grace);
  await grace.keyboard.type("phones");
  expect(await grace.getByRole("searchbox", { name: "Search the orders" }).inputValue()).toBe("headphones");
});

test("the scroll position stays when one's own message is sent while reading older messages", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page } = await setup.windows.window();
  const { resolve: release, promise: held } = deferred();
  await page.route(/\/messages$/, async (route) => {
    const { body } = route.request().postDataJSON() as { body: string };
    if (body === "Refused") return route.fulfill({ status: 422, json: { code: "invalid_request", detail: "No." } });
    if (body === "Held") await held;
    await route.fallback();
  });
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Desk lamp");
  for (let count = 1; count <= 4; count += 1) await sendMessage(page, `Part ${count}${"\nof a long story".repeat(20)}`);
  await waitForStatus(page, "Part 4", "Sent");
  await sendMessage(page, "Refused");
  await page.locator(".failed").getByText("Not sent.").waitFor();
  await sendMessage(page, "Held");
  await waitForStatus(page, "Held", "Sending");
  const list = page.locator(".messages");
  // The list may still scroll to the message that was just sent.
  await expect
    .poll(async () => {
      await list.evaluate((frame) => (frame.scrollTop = 300));
      return page.getByRole("button", { name: "Go to newest" }).isVisible();
    })
    .toBe(true);
  await waitForFrame(page);
  const reading = await list.evaluate((frame) => frame.scrollTop);
  const answered = page.waitForResponse((response) => response.url().endsWith("/messages") && response.status() === 201);
  release();
  await answered;
  await waitForFrame(page);
  expect(Math.abs((await list.evaluate((frame) => frame.scrollTop)) - reading)).toBeLessThanOrEqual(1);
  await page.getByRole("button", { name: "Go to newest" }).click();
  await waitForStatus(page, "Held", "Sent");
});

test("a failed action shows an error until another action is chosen", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page: leo } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await logIn(leo, "Leo Martin");
  await placeOrder(leo, "Headphones");
  await logIn(grace, "Grace Okafor");
  await openOrder(grace, "Headphones");
  await grace.route("**/api/sales/*/status", (route) => route.fulfill({ status: 500, json: { detail: "Not now." } }));
  await grace.getByRole("button", { name: "Actions" }).click();
  await grace.getByRole("menuitem", { name: "Confirm the order" }).click();
  const alert = grace.getByRole("alert").filter({ hasText: "Not now." });
  await alert.waitFor();
  await grace.getByRole("button", { name: "Actions" }).click();
  await grace.getByRole("menuitem", { name: "Archive the conversation" }).click();
  await grace.locator(".chat-header .badge", { hasText: "Archived" }).waitFor();
  await alert.waitFor({ state: "detached" });
});

test("a chat whose order cannot be loaded shows an error and can be retried", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page } = await setup.windows.window();
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Desk lamp");
  // Blocks every answer that contains the order, except one. The messages are loaded.
  let reachable = false;
  const { resolve: joined, promise: joining } = deferred();
  await page.routeWebSocket(/ticket=/, (route) => {
    const server = route.connectToServer();
    route.onMessage((frame) => {
      if (String(frame).includes("join_conversation")) joined();
      server.send(frame);
    });
    server.onMessage((frame) => {
      if (!String(frame).includes('"conversation":')) route.send(frame);
    });
  });
  await page.route("**/api/chat/conversations?*", (route) => route.fulfill({ json: { items: [], asOf: new Date().toISOString() } }));
  await page.route(/\/api\/.*\/cnv_[^/]+$/, async (route) => {
    // A request that fails before the connection opens is repeated when it opens. Wait for the
    // connection.
    await joining;
    await (reachable ? route.continue() : route.fulfill({ status: 500, json: { detail: "Not now." } }));
  });
  await page.reload();
  await page.getByText("Not now.").waitFor();
  reachable = true;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
});

test("right-to-left text is shown from right to left", async () => {
  const { page } = await setup.windows.window();
  await logIn(page, "Aisha Rahman");
  await placeOrder(page, "Rubber plant");
  await sendMessage(page, "متى يصل الطلب؟");
  await sendMessage(page, "When will it come?");
  for (const text of ["متى يصل الطلب؟", "When will it come?"]) await waitForStatus(page, text, "Sent");
  const direction = (text: string) => bubble(page, text).locator(".body").evaluate((body) => getComputedStyle(body).direction);
  expect(await direction("متى يصل الطلب؟")).toBe("rtl");
  expect(await direction("When will it come?")).toBe("ltr");
});

test("\"Today\" becomes \"Yesterday\" at midnight on an open page", async () => {
  // Choose the time zone in which it is between 22:00 and 23:00 now. The names Etc/GMT-14 to
  // Etc/GMT+12 count hours westwards.
  setup.allowConsoleMessages(NO_NETWORK);
  const now = new Date();
  const west = ((now.getUTCHours() - 22 + 14 + 24) % 24) - 14;
  const { page, context } = await setup.windows.window({ timezoneId: `Etc/GMT${west < 0 ? "" : "+"}${west}` });
  await page.clock.install();
  let cut = () => Promise.resolve();
  await page.routeWebSocket(/ticket=/, (route) => {
    route.connectToServer();
    cut = () => route.close();
  });
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Wall clock");
  await page.locator(".day", { hasText: "Today" }).waitFor();
  // Offline, nothing but the clock changes.
  await context.setOffline(true);
  await cut();
  await page.getByText("You're offline").waitFor();
  await page.clock.fastForward((120 - now.getUTCMinutes()) * 60_000);
  await page.locator(".day", { hasText: "Yesterday" }).waitFor();
  expect(await page.locator(".row-time").first().innerText()).not.toContain(":");
});
