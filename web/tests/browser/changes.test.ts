import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { History } from "../../src/protocol.ts";
import { simulateHistory } from "./long-history.ts";
import { bubble, checkAccessibility, chooseAction, deferred, logIn, openOrder, placeOrder, sendMessage, startConversation, waitForFrame, waitForStatus } from "./steps.ts";
import { FAILED_REQUEST, NO_NETWORK, browserSetup } from "./setup.ts";

const setup = browserSetup();

const line = (page: Page, text: string) => page.locator(".line", { has: page.locator(".body", { hasText: text }) });
const field = (page: Page, name = "Message") => page.getByRole("textbox", { name, exact: true });

/** Opens the menu of a message with the mouse. */
async function openMenu(page: Page, text: string): Promise<void> {
  await line(page, text).hover();
  await line(page, text).locator(".more").click();
  await page.getByRole("menu", { name: "Message" }).waitFor();
}

/** Chooses an item of a message's menu with the mouse. */
async function choose(page: Page, text: string, item: string): Promise<void> {
  await openMenu(page, text);
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

/** Adds or removes a reaction with the menu. */
async function react(page: Page, text: string, emoji: string): Promise<void> {
  await openMenu(page, text);
  await page.getByRole("menuitemcheckbox", { name: emoji }).click();
}

/** Deletes a message with the menu, and confirms it. */
async function remove(page: Page, text: string): Promise<void> {
  await choose(page, text, "Delete");
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
}

async function edit(page: Page, text: string, to: string): Promise<void> {
  await choose(page, text, "Edit");
  await field(page, "Edit message").fill(to);
  await page.getByRole("button", { name: "Save" }).click();
}

const reaction = (page: Page, name: string) => page.getByRole("button", { name });

test("an edit, reactions, a reply and a deletion are seen by the other side at once", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await startConversation(mia, grace);
  await sendMessage(mia, "Is it brigt?");
  await bubble(grace, "Is it brigt?").waitFor();
  await edit(mia, "Is it brigt?", "Is it bright?");
  await bubble(grace, "Is it bright?").getByText(/edited \d/).waitFor();
  await bubble(mia, "Is it bright?").getByText(/edited \d/).waitFor();
  await mia.getByRole("navigation", { name: "Conversations" }).getByText("You: Is it bright?").waitFor();
  await grace.getByRole("navigation", { name: "Conversations" }).getByText("Is it bright?").waitFor();

  await react(grace, "Is it bright?", "👍");
  await reaction(grace, "👍, 1, you").waitFor();
  await reaction(mia, "👍, 1, Grace Okafor").click();
  await reaction(grace, "👍, 2, you and Mia Berger").waitFor();
  expect(await reaction(mia, "👍, 2, you and Grace Okafor").getAttribute("aria-pressed")).toBe("true");
  await reaction(mia, "👍, 2, you and Grace Okafor").click();
  await reaction(grace, "👍, 1, you").waitFor();
  expect(await reaction(mia, "👍, 1, Grace Okafor").getAttribute("aria-pressed")).toBe("false");

  await line(grace, "Is it bright?").hover();
  await checkAccessibility(grace, "message-bar");
  await line(grace, "Is it bright?").getByRole("button", { name: "Reply" }).click();
  await grace.locator(".composing", { hasText: "Mia Berger" }).getByText("Is it bright?").waitFor();
  await checkAccessibility(grace, "replying");
  await sendMessage(grace, "Very.");
  const quote = bubble(mia, "Very.").getByRole("button", { name: /^Go to the message of Mia Berger\s*Is it bright\?$/ });
  await quote.waitFor();
  await sendMessage(mia, "Good.");
  await waitForStatus(mia, "Good.", "Read");
  await openMenu(mia, "Good.");
  await checkAccessibility(mia, "message-menu");
  await mia.keyboard.press("Escape");
  await quote.click();
  await expect.poll(() => mia.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toContain("Is it bright?");

  // Deleting the quoted message removes its text everywhere.
  await choose(mia, "Is it bright?", "Delete");
  await checkAccessibility(mia, "delete-asks");
  await mia.getByRole("alertdialog").getByRole("button", { name: "Keep it" }).click();
  await remove(mia, "Is it bright?");
  for (const page of [mia, grace]) {
    await page.locator(".bubble[data-deleted]", { hasText: "This message was deleted" }).waitFor();
    await bubble(page, "Very.").locator(".quote", { hasText: "This message was deleted" }).waitFor();
    await page.getByText("Is it bright?").first().waitFor({ state: "detached" });
    expect(await page.locator(".reactions").count()).toBe(0);
  }
  await remove(mia, "Good.");
  for (const page of [mia, grace]) await page.getByRole("navigation", { name: "Conversations" }).getByText("This message was deleted").waitFor();
  await checkAccessibility(mia, "deleted");
  // Everything is as it was after a reload.
  await grace.reload();
  await expect.poll(() => grace.locator(".bubble[data-deleted]").count()).toBe(2);
  expect(await bubble(grace, "Very.").locator(".quote").innerText()).toContain("This message was deleted");
});

test("changes are seen by who was offline, and what was changed offline is sent later", async () => {
  setup.allowConsoleMessages(NO_NETWORK);
  const { page: mia, context } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  let cut = () => Promise.resolve();
  await mia.routeWebSocket(/ticket=/, (route) => {
    route.connectToServer();
    cut = () => route.close();
  });
  await startConversation(mia, grace);
  for (const text of ["First", "Second", "Third"]) await sendMessage(mia, text);
  await waitForStatus(mia, "Third", "Read");
  await sendMessage(grace, "Forth");
  await bubble(mia, "Forth").waitFor();
  await context.setOffline(true);
  await cut();
  await mia.getByText("You're offline").waitFor();
  await react(grace, "First", "🎉");
  await edit(grace, "Forth", "Fourth");
  await remove(grace, "Second");
  await bubble(grace, "Fourth").getByText(/edited/).waitFor();
  await chooseStatus(grace, "Archive the conversation");

  await edit(mia, "Third", "Third!");
  await react(mia, "First", "👍");
  for (let count = 0; count < 2; count += 1) await react(mia, "Third!", "😂");
  await bubble(mia, "Third!").waitFor();
  expect(await bubble(grace, "Third!").count()).toBe(0);
  await context.setOffline(false);
  for (const page of [mia, grace]) {
    await bubble(page, "Third!").getByText(/edited/).waitFor();
    await reaction(page, "👍, 1").waitFor();
    await reaction(page, "🎉, 1").waitFor();
    await bubble(page, "Fourth").waitFor();
    await page.locator(".bubble[data-deleted]").waitFor();
    expect(await page.locator(".reaction").count()).toBe(2);
  }
  await mia.locator(".system", { hasText: "Grace Okafor archived the conversation" }).waitFor();
  await grace.locator(".system", { hasText: "You archived the conversation" }).waitFor();
  await mia.locator(".chat-header .badge", { hasText: "Archived" }).waitFor();
});

async function chooseStatus(page: Page, action: string): Promise<void> {
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

test("a note is seen by admins at once and never reaches the customer", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  const { page: tom } = await setup.windows.window();
  let received = "";
  mia.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => void (received += String(payload))));
  mia.on("response", (response) => {
    if (response.url().includes("/api/")) void response.text().then((text) => (received += text), () => undefined);
  });
  await startConversation(mia, grace);
  await logIn(tom, "Tom Lindqvist");
  await openOrder(tom, "Desk lamp");
  await sendMessage(mia, "Can I have a discount?");
  await bubble(grace, "discount").waitFor();
  await field(grace).fill("Half a message");
  await grace.getByRole("radio", { name: "Note" }).check();
  // The drafts are kept apart, so neither is sent as the other.
  expect(await field(grace, "Note").inputValue()).toBe("");
  await field(grace, "Note").fill("She is a regular.");
  await checkAccessibility(grace, "note-composer");
  await grace.getByRole("radio", { name: "Message" }).check();
  expect(await field(grace).inputValue()).toBe("Half a message");
  await grace.getByRole("radio", { name: "Note" }).check();
  expect(await grace.getByRole("button", { name: "Send" }).count()).toBe(0);
  await grace.getByRole("button", { name: "Add note" }).click();
  for (const [page, who] of [[grace, "You"], [tom, "Grace Okafor"]] as const) {
    const note = page.locator(".note", { hasText: "She is a regular." });
    await note.getByText(/^Note/).first().waitFor();
    expect(await note.locator(".note-head").innerText()).toContain(who);
  }
  // The next text is a note too.
  await field(grace, "Note").fill("Ten percent is fine.");
  await grace.keyboard.press("Enter");
  await tom.locator(".note", { hasText: "Ten percent" }).waitFor();
  await sendMessage(tom, "Ten percent for you.");
  await bubble(mia, "Ten percent for you.").waitFor();
  // Notes stand where they were written, also after a reload.
  await tom.reload();
  await tom.locator(".note", { hasText: "Ten percent" }).waitFor();
  const texts = await tom.locator(".messages .body").allInnerTexts();
  expect(texts).toEqual(["Can I have a discount?", "She is a regular.", "Ten percent is fine.", "Ten percent for you."]);
  await checkAccessibility(tom, "notes");
  await mia.reload();
  await bubble(mia, "Ten percent for you.").waitFor();
  expect(await mia.getByText("She is a regular.").count()).toBe(0);
  expect(await mia.getByRole("radio").count()).toBe(0);
  expect(received).toContain("Ten percent for you.");
  for (const secret of ["She is a regular.", "Ten percent is fine.", "desk"]) expect(received).not.toContain(secret);
  // A closed conversation takes notes, but no messages.
  await chooseStatus(tom, "Close the conversation");
  await tom.getByText("This conversation is closed.").waitFor();
  await field(tom, "Note").fill("Done.");
  await tom.getByRole("button", { name: "Add note" }).click();
  await grace.locator(".note", { hasText: "Done." }).waitFor();
  await checkAccessibility(grace, "closed-admin");
});

test("an answer after a colleague's answer asks first", async () => {
  // The browser writes the refusal into the console.
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  const { page: tom } = await setup.windows.window();
  // Frames of Tom's messages do not reach Grace, as if they were sent at the same moment.
  await grace.routeWebSocket(/ticket=/, (route) => {
    const server = route.connectToServer();
    route.onMessage((frame) => server.send(frame));
    server.onMessage((frame) => {
      const { event, message } = JSON.parse(String(frame) || "{}") as { event?: string; message?: { sender?: { name: string } } };
      if (event !== "new_message" || message?.sender?.name !== "Tom Lindqvist") route.send(frame);
    });
  });
  await startConversation(mia, grace);
  await logIn(tom, "Tom Lindqvist");
  await openOrder(tom, "Desk lamp");
  await sendMessage(mia, "When does it ship?");
  await bubble(tom, "When does it ship?").waitFor();
  await waitForStatus(mia, "When does it ship?", "Read");
  await sendMessage(tom, "Tomorrow.");
  await bubble(mia, "Tomorrow.").waitFor();
  await sendMessage(grace, "Today.");
  const asks = grace.locator(".failed", { hasText: "Not sent yet. Tom Lindqvist has just answered." });
  await asks.waitFor();
  await bubble(grace, "Tomorrow.").waitFor();
  await checkAccessibility(grace, "overtaken");
  expect(await bubble(mia, "Today.").count()).toBe(0);
  await asks.getByRole("button", { name: "Send anyway" }).click();
  await bubble(mia, "Today.").waitFor();
  await waitForStatus(grace, "Today.", "Read");
  expect(await bubble(grace, "Today.").count()).toBe(1);

  await sendMessage(tom, "No, really tomorrow.");
  await bubble(mia, "No, really tomorrow.").waitFor();
  await sendMessage(grace, "Sorry.");
  await grace.locator(".failed").getByRole("button", { name: "Edit" }).click();
  expect(await field(grace).inputValue()).toBe("Sorry.");
  expect(await grace.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
  await grace.locator(".failed").waitFor({ state: "detached" });
  await field(grace).fill("Sorry, tomorrow it is.");
  await grace.keyboard.press("Enter");
  await bubble(mia, "Sorry, tomorrow it is.").waitFor();
});

test("on a phone a long press opens the menu, and everything fits", async () => {
  const { page: grace } = await setup.windows.window();
  await logIn(grace, "Grace Okafor");
  for (const [width, colorScheme] of [[390, "light"], [320, "dark"]] as const) {
    const { page: mia } = await setup.windows.window({ viewport: { width, height: 780 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, colorScheme });
    await logIn(mia, "Mia Berger");
    await placeOrder(mia, "Stoneware mug");
    await grace.goto(new URL(mia.url()).pathname);
    await sendMessage(grace, "It is on its way to you, and it comes on Tuesday before noon.");
    const text = "It is on its way";
    await bubble(mia, text).waitFor();
    await longPress(mia, text);
    await mia.getByRole("menu", { name: "Message" }).waitFor();
    await checkAccessibility(mia, `phone-menu-${width}`);
    await mia.getByRole("menuitemcheckbox", { name: "❤️" }).tap();
    await reaction(grace, "❤️, 1, Mia Berger").waitFor();
    await longPress(mia, text);
    await mia.getByRole("menuitem", { name: "Reply" }).tap();
    await mia.locator(".composing").getByText(text).waitFor();
    expect(await mia.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
    await sendMessage(mia, "Great, thank you!");
    await bubble(grace, "Great, thank you!").locator(".quote", { hasText: text }).waitFor();
    await waitForStatus(mia, "Great, thank you!", "Sent");
    await longPress(mia, "Great, thank you!");
    await mia.getByRole("menuitem", { name: "Edit" }).tap();
    await field(mia, "Edit message").fill("Great, thank you!\nTuesday is fine.");
    await checkAccessibility(mia, `phone-edit-${width}`);
    await mia.getByRole("button", { name: "Save" }).tap();
    await bubble(grace, "Tuesday is fine.").getByText(/edited/).waitFor();
    await checkAccessibility(mia, `phone-changes-${width}`);
    expect(await mia.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(await mia.locator(".messages").evaluate((list) => list.scrollWidth - list.clientWidth)).toBeLessThanOrEqual(0);
  }
  await checkAccessibility(grace, "changes-admin");
  const { page: tom } = await setup.windows.window({ viewport: { width: 320, height: 780 }, hasTouch: true, isMobile: true, colorScheme: "dark" });
  await logIn(tom, "Tom Lindqvist");
  await tom.goto(new URL(grace.url()).pathname);
  await tom.getByRole("radio", { name: "Note" }).check();
  await field(tom, "Note").fill("She is happy.");
  await checkAccessibility(tom, "phone-note-320");
  await tom.getByRole("button", { name: "Add note" }).tap();
  await tom.locator(".note", { hasText: "She is happy." }).waitFor();
  await checkAccessibility(tom, "phone-notes-320");
  expect(await tom.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
});

/** Rests a finger on a message until its menu opens. */
async function longPress(page: Page, text: string): Promise<void> {
  const box = await line(page, text).locator(".bubble .body").last().boundingBox();
  if (box === null) throw new Error("not visible");
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: box.x + 10, y: box.y + 5 }] });
  await page.getByRole("menu", { name: "Message" }).waitFor();
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await session.detach();
}

test("messages can be changed with the keyboard alone", async () => {
  const { page } = await setup.windows.window({ reducedMotion: "reduce" });
  await logIn(page, "Jonas Keller");
  await placeOrder(page, "Wall clock");
  for (const text of ["One", "Two", "Three"]) await sendMessage(page, text);
  await waitForStatus(page, "Three", "Sent");
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
  await field(page).focus();
  await press("Shift+Tab");
  if (!(await focused()).startsWith("Options")) await press("Tab");
  expect(await focused()).toBe("Options for the message of Jonas Keller: Three");
  await checkAccessibility(page, "keyboard-message");
  await press("ArrowUp");
  expect(await focused()).toBe("Options for the message of Jonas Keller: Two");
  await press("ArrowLeft");
  expect(await focused()).toBe("Reply");
  await press("ArrowLeft");
  expect(await focused()).toBe("React");
  await press("Enter");
  await expect.poll(focused).toBe("👍");
  await press("ArrowRight", "Enter");
  await reaction(page, "❤️, 1, you").waitFor();
  await expect.poll(focused).toBe("Options for the message of Jonas Keller: Two");
  await press("ArrowRight");
  expect(await focused()).toBe("❤️, 1, you");
  await press("Enter");
  await reaction(page, "❤️, 1, you").waitFor({ state: "detached" });
  await field(page).focus();
  // The arrow key up edits the last message, and Escape keeps it.
  await press("ArrowUp");
  expect(await focused()).toBe("Edit message");
  await page.keyboard.type(" and more");
  await press("Escape");
  expect([await focused(), await field(page).inputValue()]).toEqual(["Message", ""]);
  await press("ArrowUp");
  await page.keyboard.type(" and more");
  await press("Enter");
  await bubble(page, "Three and more").getByText(/edited/).waitFor();
  expect(await focused()).toBe("Message");
  await press("Shift+Tab");
  if (!(await focused()).startsWith("Options")) await press("Tab");
  await press("Enter");
  await page.getByRole("menu", { name: "Message" }).waitFor();
  await press("End");
  await expect.poll(focused).toBe("Delete");
  await press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await press("Tab", "Enter");
  await page.locator(".bubble[data-deleted]").waitFor();
  await expect.poll(focused).toBe("Messages");
});

test("a change that the server refuses is undone with a notice", async () => {
  const { page } = await setup.windows.window();
  await page.routeWebSocket(/ticket=/, (route) => {
    const server = route.connectToServer();
    server.onMessage((frame) => route.send(frame));
    route.onMessage((frame) => {
      const { action, requestId } = JSON.parse(String(frame)) as { action: string; requestId: string };
      if (action === "change_message") route.send(JSON.stringify({ event: "error", requestId, code: "not_changeable", message: "The time to edit is over." }));
      else server.send(frame);
    });
  });
  await logIn(page, "Leo Martin");
  await placeOrder(page, "Headphones");
  await sendMessage(page, "Do they fold?");
  await waitForStatus(page, "Do they fold?", "Sent");
  await edit(page, "Do they fold?", "Do they fold well?");
  const notice = page.getByRole("alert").filter({ hasText: "Your edit “Do they fold well?” was not saved. This message can't be changed any more." });
  await notice.waitFor();
  await bubble(page, "Do they fold?").waitFor();
  await checkAccessibility(page, "change-refused");
  await notice.getByRole("button", { name: "OK" }).click();
  await notice.waitFor({ state: "detached" });
});

test("a quote goes to a message far above and loads what lies between", async () => {
  const { page } = await setup.windows.window();
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Desk lamp");
  await simulateHistory(page, 400);
  const { promise: waited, resolve: proceed } = deferred();
  await page.route("**/api/chat/conversations/*/messages?*", async (route) => {
    const url = route.request().url();
    if (url.includes("before")) {
      await waited;
      return route.fallback();
    }
    return route.fallback();
  });
  await page.route("**/api/chat/conversations/*/messages?limit=50", async (route) => {
    const message = (seq: number) => ({ conversationId: new URL(route.request().url()).pathname.split("/").at(-2) ?? "", seq, id: `msg_${seq}`, sender: { userId: "mia", role: "customer" as const, name: "Mia Berger" }, kind: "text" as const, body: `Newest ${seq}`, createdAt: new Date().toISOString() });
    const json: History = { messages: Array.from({ length: 50 }, (_, index) => ({ ...message(351 + index), ...(index === 49 && { replyTo: 20 }) })), changes: [], others: [{ ...message(20), body: "Message 20." }], lastSeq: 400, hasMore: true };
    return route.fulfill({ json });
  });
  await page.reload();
  const quote = bubble(page, "Newest 400").getByRole("button", { name: /^Go to the message of Mia Berger\s*Message 20\.$/ });
  await quote.click();
  await page.getByText("Loading the message…").waitFor();
  proceed();
  await page.locator('[data-seq="20"] .bubble').waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "")).toContain("Message 20.");
  await waitForFrame(page);
  const inside = await page.locator('[data-seq="20"] .bubble').evaluate((each) => {
    const [area, list] = [each.getBoundingClientRect(), each.closest(".messages")?.getBoundingClientRect()];
    return list !== undefined && area.top >= list.top && area.top < list.bottom;
  });
  await page.screenshot({ path: "test-results/goto.png" });
  expect(inside).toBe(true);
});

test("status changes are quiet lines between the messages", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await startConversation(mia, grace);
  await sendMessage(mia, "Thank you.");
  await bubble(grace, "Thank you.").waitFor();
  await chooseStatus(grace, "Close the conversation");
  await mia.locator(".system", { hasText: "Grace Okafor closed the conversation" }).waitFor();
  // Nothing can be changed in a closed conversation.
  await openMenu(mia, "Thank you.");
  expect(await mia.getByRole("menuitem").allInnerTexts()).toEqual(["Copy"]);
  await mia.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await mia.getByRole("menuitem", { name: "Copy" }).click();
  await expect.poll(() => mia.evaluate(() => navigator.clipboard.readText())).toBe("Thank you.");
  await chooseStatus(grace, "Reopen the conversation");
  await mia.locator(".system", { hasText: "Grace Okafor reopened the conversation" }).waitFor();
  await chooseAction(grace, "Confirm the order");
  await mia.locator(".system", { hasText: "Order confirmed" }).waitFor();
  const lines = await mia.locator(".messages .system").allInnerTexts();
  expect(lines.map((text) => text.split(" · ")[0])).toEqual(["Order placed", "Grace Okafor closed the conversation", "Grace Okafor reopened the conversation", "Order confirmed"]);
  await checkAccessibility(mia, "status-lines");
});
