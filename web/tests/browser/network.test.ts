import type { Page, WebSocketRoute } from "playwright-core";
import { expect, test } from "vitest";
import { bubble, checkAccessibility, logIn, placeOrder, sendMessage, startConversation, waitForStatus } from "./steps.ts";
import { NO_NETWORK, browserSetup } from "./setup.ts";

const setup = browserSetup();

/**
 * Puts a proxy between the page and the server's WebSocket. It can drop answers and close
 * connections.
 */
async function proxySocket(page: Page): Promise<{ answers: boolean; cut(): Promise<void> }> {
  const proxy = { answers: true, open: [] as WebSocketRoute[], cut: async () => void (await Promise.all(proxy.open.splice(0).map((route) => route.close()))) };
  await page.routeWebSocket(/ticket=/, (route) => {
    const server = route.connectToServer();
    proxy.open.push(route);
    route.onMessage((frame) => server.send(frame));
    server.onMessage((frame) => {
      if (proxy.answers) route.send(frame);
    });
  });
  return proxy;
}

test("a message whose answer is lost is sent again and appears once", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  const proxy = await proxySocket(mia);
  await startConversation(mia, grace);

  setup.allowConsoleMessages(NO_NETWORK);
  proxy.answers = false;
  await mia.route(/\/messages$/, async (route) => {
    if (proxy.answers) return route.fallback();
    await route.fetch();
    await route.abort("internetdisconnected");
  });
  await sendMessage(mia, "Did this arrive?");
  await waitForStatus(mia, "Did this arrive?", "Sending");
  // The server has stored the message and only the answer is lost. Then the connection is closed.
  await bubble(grace, "Did this arrive?").waitFor();
  proxy.answers = true;
  await proxy.cut();
  await waitForStatus(mia, "Did this arrive?", "Read");
  expect(await bubble(mia, "Did this arrive?").count()).toBe(1);
  expect(await bubble(grace, "Did this arrive?").count()).toBe(1);
});

test("messages can be written offline, and the page catches up when it is online again", async () => {
  setup.allowConsoleMessages(NO_NETWORK);
  const { page: mia, context } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  const proxy = await proxySocket(mia);
  await logIn(mia, "Jonas Keller");
  await placeOrder(mia, "Wall clock");
  await logIn(grace, "Grace Okafor");
  await grace.getByRole("link", { name: /Jonas Keller/ }).click();
  await grace.getByText("Jonas Keller is online").waitFor();

  await context.setOffline(true);
  await proxy.cut();
  await mia.getByText("You're offline").waitFor();
  await sendMessage(mia, "Written in a tunnel");
  await sendMessage(mia, "Still in the tunnel");
  await mia.getByText("2 messages will be sent").waitFor();
  await waitForStatus(mia, "Written in a tunnel", "Sending");
  await checkAccessibility(mia, "offline");
  for (const text of ["Are you there?", "Take your time."]) await sendMessage(grace, text);
  await waitForStatus(grace, "Take your time.", "Sent");

  await context.setOffline(false);
  await bubble(mia, "Take your time.").waitFor();
  await waitForStatus(mia, "Still in the tunnel", "Read");
  expect(await mia.locator(".bubble .body").allInnerTexts()).toEqual(await grace.locator(".bubble .body").allInnerTexts());
  expect((await mia.locator(".bubble .body").allInnerTexts()).slice(-2)).toEqual(["Written in a tunnel", "Still in the tunnel"]);
});

test("an unsent message is sent once after a reload", async () => {
  setup.allowConsoleMessages(NO_NETWORK);
  const { page, context } = await setup.windows.window();
  const proxy = await proxySocket(page);
  await logIn(page, "Aisha Rahman");
  await placeOrder(page, "Rubber plant");
  await context.setOffline(true);
  await proxy.cut();
  await page.getByText("You're offline").waitFor();
  await sendMessage(page, "Before the reload");
  await waitForStatus(page, "Before the reload", "Sending");

  // The page is reloaded while the API cannot be reached. Then the API can be reached again.
  let reachable = false;
  await page.route("**/api/**", (route) => (reachable ? route.continue() : route.abort()));
  await context.setOffline(false);
  await page.reload();
  await page.getByText("You're offline").waitFor();
  reachable = true;
  await bubble(page, "Before the reload").waitFor();
  await waitForStatus(page, "Before the reload", "Sent");
  expect(await bubble(page, "Before the reload").count()).toBe(1);
});

test("two tabs of one person show the same messages and send each once", async () => {
  setup.allowConsoleMessages(NO_NETWORK);
  const { page: one, context } = await setup.windows.window();
  const proxy = await proxySocket(one);
  await logIn(one, "Leo Martin");
  await placeOrder(one, "Headphones");
  const other = await context.newPage();
  const second = await proxySocket(other);
  await logIn(other, "Leo Martin");
  await other.getByRole("textbox", { name: "Message" }).waitFor();
  await other.locator(".system", { hasText: "Order placed" }).waitFor();

  await context.setOffline(true);
  await Promise.all([proxy.cut(), second.cut()]);
  await one.getByText("You're offline").waitFor();
  await sendMessage(one, "From the first tab");
  await bubble(other, "From the first tab").waitFor();
  await sendMessage(other, "From the second tab");
  await bubble(one, "From the second tab").waitFor();
  await context.setOffline(false);
  for (const page of [one, other]) {
    await waitForStatus(page, "From the first tab", "Sent");
    await waitForStatus(page, "From the second tab", "Sent");
    expect(await page.locator(".bubble .body").allInnerTexts()).toEqual(["From the first tab", "From the second tab"]);
  }
});

test("if the storage is full, the page asks to be kept open", async () => {
  setup.allowConsoleMessages(NO_NETWORK);
  const { page, context } = await setup.windows.window();
  await page.addInitScript(() => {
    const store = Storage.prototype.setItem;
    Storage.prototype.setItem = function (name, value) {
      if (name.includes("/outbox/")) throw new DOMException("full", "QuotaExceededError");
      store.call(this, name, value);
    };
  });
  const proxy = await proxySocket(page);
  await logIn(page, "Jonas Keller");
  await placeOrder(page, "Wall clock");
  await context.setOffline(true);
  await proxy.cut();
  await page.getByText("You're offline").waitFor();
  await sendMessage(page, "Kept in memory");
  await page.getByText("Keep this page open until they are sent").waitFor();
  await context.setOffline(false);
  await waitForStatus(page, "Kept in memory", "Sent");
  await page.getByText("Keep this page open until they are sent").waitFor({ state: "detached" });
});
