import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { bubble, checkAccessibility, choosePerson, logIn, openOrder, placeOrder, sendMessage, startConversation, waitForStatus } from "./steps.ts";
import { browserSetup } from "./setup.ts";

const setup = browserSetup();

/** Simulates that the window gets or loses the focus. */
async function setFocus(page: Page, has: boolean): Promise<void> {
  await page.evaluate((has) => {
    document.hasFocus = () => has;
    dispatchEvent(new Event(has ? "focus" : "blur"));
  }, has);
}

/** Returns a growing list with the `seq` of each read receipt that the page sends. */
function recordReadReceipts(page: Page): number[] {
  const seqs: number[] = [];
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      const frame = JSON.parse(String(payload)) as { action: string; seq: number };
      if (frame.action === "message_read") seqs.push(frame.seq);
    }),
  );
  return seqs;
}

const line = (page: Page) => page.getByRole("separator", { name: /new message/ });

test("a conversation opens at the first unread message, and messages are read as they become visible", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  const { page: leo } = await setup.windows.window();
  const read = recordReadReceipts(grace);
  await startConversation(mia, grace);
  await logIn(leo, "Leo Martin");
  await placeOrder(leo, "Headphones");
  await openOrder(grace, "Headphones");
  await grace.getByText("Leo Martin is online").waitFor();
  for (let count = 1; count <= 20; count += 1) await sendMessage(mia, `Line ${count}\nwith\nmore\nlines`);
  await waitForStatus(mia, "Line 20", "Sent");
  const before = read.length;
  await openOrder(grace, "Desk lamp");
  await line(grace).waitFor();
  expect(await line(grace).getAttribute("aria-label")).toBe("20 new messages");
  await checkAccessibility(grace, "unread-line");
  const top = await line(grace).evaluate((each) => each.getBoundingClientRect().top - (each.closest(".messages")?.getBoundingClientRect().top ?? 0));
  expect(top).toBeGreaterThanOrEqual(0);
  expect(top).toBeLessThan(60);

  // Messages are read up to the last visible one. The newest is not visible.
  await expect.poll(() => read.length).toBeGreaterThan(before);
  const inSight = await grace.locator(".messages").evaluate((frame) => {
    const end = frame.getBoundingClientRect().bottom;
    return Math.max(...[...frame.querySelectorAll<HTMLElement>("[data-seq]")].filter((each) => each.getBoundingClientRect().bottom <= end + 1).map((each) => Number(each.dataset["seq"])));
  });
  expect(read.at(-1)).toBe(inSight);
  expect(inSight).toBeLessThan(21);
  await waitForStatus(mia, "Line 20", "Delivered");
  await grace.getByRole("button", { name: `${21 - inSight} new messages` }).waitFor();

  // A new message does not move the unread line. The button goes to the end, where the message is
  // read.
  await sendMessage(mia, "And one more");
  await grace.getByRole("button", { name: `${22 - inSight} new messages` }).click();
  await bubble(grace, "And one more").waitFor();
  await waitForStatus(mia, "And one more", "Read");
  await grace.locator(".messages").evaluate((frame) => (frame.scrollTop = 0));
  expect(await line(grace).getAttribute("aria-label")).toBe("20 new messages");
  // Sending a message removes the unread line.
  await sendMessage(grace, "Thank you");
  await line(grace).waitFor({ state: "detached" });
});

test("neither a log-in nor a window without focus marks messages as read", async () => {
  const { page: leo } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  const read = recordReadReceipts(grace);
  await logIn(leo, "Leo Martin");
  await placeOrder(leo, "Wall clock");
  await sendMessage(leo, "Is it loud?");
  await waitForStatus(leo, "Is it loud?", "Sent");
  // She logs in while the URL names a conversation.
  await grace.goto(new URL(leo.url()).pathname);
  await choosePerson(grace, "Grace Okafor");
  await bubble(grace, "Is it loud?").waitFor();
  // The conversation opened by itself. The delivery receipt has been sent, so a read receipt would
  // have been sent by now too.
  await waitForStatus(leo, "Is it loud?", "Delivered");
  await sendMessage(leo, "Hello?");
  await waitForStatus(leo, "Hello?", "Delivered");
  expect(read).toEqual([]);
  await grace.locator(".messages").hover();
  await grace.mouse.wheel(0, 50);
  await waitForStatus(leo, "Hello?", "Read");

  await setFocus(grace, false);
  await sendMessage(leo, "Still there?");
  await waitForStatus(leo, "Still there?", "Delivered");
  await sendMessage(leo, "Really?");
  await waitForStatus(leo, "Really?", "Delivered");
  expect(read.at(-1)).toBe(3);
  await setFocus(grace, true);
  await waitForStatus(leo, "Really?", "Read");
  // A conversation also opens by itself after a reload.
  await sendMessage(leo, "One");
  await waitForStatus(leo, "One", "Read");
  await setFocus(grace, false);
  await sendMessage(leo, "Two");
  await waitForStatus(leo, "Two", "Delivered");
  const receiptsBefore = read.length;
  await grace.reload();
  await bubble(grace, "Two").waitFor();
  expect(read.length).toBe(receiptsBefore);
  await openOrder(grace, "Wall clock");
  await waitForStatus(leo, "Two", "Read");
});

test("with too many unread messages the conversation opens at the newest, and a button loads the first unread", async () => {
  const { page } = await setup.windows.window();
  await logIn(page, "Jonas Keller");
  await placeOrder(page, "Wall clock");
  const id = page.url().split("/").at(-1) ?? "";
  const many = 900;
  const message = (seq: number) => ({
    conversationId: id,
    seq,
    id: `msg_${seq}`,
    sender: { userId: "grace", role: "admin", name: "Grace Okafor" },
    kind: "text",
    body: `Message ${seq}.`,
    createdAt: new Date(Date.now() - (many - seq) * 60_000).toISOString(),
  });
  // Frames from the socket would contain the real, shorter conversation, so they are dropped.
  await page.routeWebSocket(/ticket=/, (route) => {
    const server = route.connectToServer();
    server.onMessage((frame) => {
      if (!String(frame).includes('"conversation":')) route.send(frame);
    });
    route.onMessage((frame) => server.send(frame));
  });
  const head = { lastSeq: many, unread: many - 1, lastMessage: message(many) };
  await page.route("**/api/chat/conversations?*", async (route) => {
    const json = (await (await route.fetch()).json()) as { items: object[] };
    await route.fulfill({ json: { ...json, items: json.items.map((each) => ({ ...each, ...head })) } });
  });
  await page.route(new RegExp(`/conversations/${id}$`), async (route) => {
    const { conversation } = (await (await route.fetch()).json()) as { conversation: object };
    await route.fulfill({ json: { conversation: { ...conversation, ...head } } });
  });
  await page.route("**/api/chat/conversations/*/messages?*", (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [before, limit] = [Number(query.get("before") ?? many + 1), Number(query.get("limit") ?? 50)];
    const after = query.get("after");
    const first = after === null ? Math.max(1, before - limit) : Number(after) + 1;
    const seqs = Array.from({ length: Math.max(0, Math.min(limit, (after === null ? before : many + 1) - first)) }, (_, index) => first + index);
    const messages = seqs.map((seq) => (seq === 1 ? { ...message(1), sender: { userId: "jonas", role: "customer", name: "Jonas Keller" } } : message(seq)));
    return route.fulfill({ json: { messages, lastSeq: many, hasMore: after === null && first > 1 } });
  });
  await page.reload();
  await bubble(page, "Message 900.").waitFor();
  await page.getByRole("button", { name: "899 new messages, go to the first" }).click();
  await line(page).waitFor();
  expect(await line(page).getAttribute("aria-label")).toBe("899 new messages");
  await bubble(page, "Message 2.").waitFor();
  expect(await page.getByRole("button", { name: /to the first/ }).count()).toBe(0);
  const entry = page.locator("li", { has: line(page) });
  expect(await entry.getAttribute("aria-posinset")).toBe("2");
  expect(await entry.getAttribute("aria-setsize")).toBe("900");
});
