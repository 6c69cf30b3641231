import type { Locator, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { bubble, checkAccessibility, choosePerson, chooseAction, logIn, openOrder, placeOrder, sendMessage, startConversation } from "./steps.ts";
import { FAILED_REQUEST, NO_NETWORK, browserSetup } from "./setup.ts";

const setup = browserSetup();

const SHIPPED = "Hello {{customer.name}}, your order {{order.number}} ({{order.total}}) is {{order.status}}. {{admin.name}}";

/** What the shop has set for all tests. */
beforeAll(async () => {
  const { url } = setup.system;
  const json = { "content-type": "application/json" };
  const answer = await fetch(`${url}/dev/token`, { method: "POST", headers: json, body: JSON.stringify({ sub: "grace", role: "admin", name: "Grace Okafor" }) });
  const { token } = (await answer.json()) as { token: string };
  const call = async (method: string, path: string, body: object) => {
    const { ok } = await fetch(`${url}/api/chat/${path}`, { method, headers: { ...json, authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
    if (!ok) throw new Error(`${path} was not set.`);
  };
  await call("PUT", "sla", { policy: { targets: { none: { firstResponseMinutes: 120 } } } });
  await call("POST", "tags", { name: "Fragile", color: "orange" });
  await call("POST", "tags", { name: "Very important", color: "purple" });
  await call("POST", "canned-responses", { shortcut: "shipped", title: "On its way", body: SHIPPED, quickReply: true });
});

const desk = (page: Page) => page.getByRole("region", { name: "The shop's desk" });
const line = (page: Page, text: string | RegExp) => page.locator(".desk-line", { hasText: text });
const field = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");

/** Opens a menu of the desk and chooses an item. */
async function choose(page: Page, button: RegExp, item: string | RegExp): Promise<void> {
  await desk(page).getByRole("button", { name: button }).click();
  await page.getByRole("menu").locator('[role^="menuitem"]').filter({ hasText: item }).first().click();
}

/** The shop sets a tag through the settings. */
async function addTag(page: Page, name: string, color: string): Promise<void> {
  await page.getByRole("button", { name: "New tag" }).click();
  const form = page.getByRole("form", { name: "New tag" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Colour").selectOption(color);
  await form.getByRole("button", { name: "Save" }).click();
  await page.locator(".settings-row", { hasText: name }).waitFor();
}

async function openSettings(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
}

async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

test("an admin sets tags, canned responses and the SLA; an agent sees them and changes only their own", async () => {
  // The server refuses some of it, which the browser writes into the console.
  setup.allowConsoleMessages(FAILED_REQUEST);
  setup.allowConsoleMessages(NO_NETWORK);
  const { page: grace } = await setup.windows.window();
  await logIn(grace, "Grace Okafor");
  await openSettings(grace);
  await addTag(grace, "Question", "teal");
  // A name is used once: the server's word stands at the field.
  await grace.getByRole("button", { name: "New tag" }).click();
  await grace.getByRole("form").getByLabel("Name").fill("fragile");
  await grace.keyboard.press("Enter");
  await grace.getByText("Another tag has this name.").waitFor();
  expect(await grace.getByRole("form").getByLabel("Name").getAttribute("aria-invalid")).toBe("true");
  await checkAccessibility(grace, "settings-tag-refused");
  await grace.getByRole("button", { name: "Cancel" }).click();
  await grace.getByRole("button", { name: "Edit Question" }).click();
  await grace.getByRole("form").getByLabel("Name").fill("Open question");
  await grace.getByRole("button", { name: "Save" }).click();
  await grace.locator(".settings-row", { hasText: "Open question" }).waitFor();

  await grace.getByRole("link", { name: "Canned responses" }).click();
  await grace.getByRole("button", { name: "New response" }).click();
  const form = grace.getByRole("form", { name: "New canned response" });
  await form.getByLabel("Shortcut").fill("thanks");
  await form.getByLabel("Title").fill("Thank you");
  await form.getByRole("textbox", { name: "Text" }).fill("Hello ");
  await form.getByRole("button", { name: "Customer's name" }).click();
  await grace.keyboard.type(", {{order.colour}}");
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText(/is unknown; there are/).waitFor();
  await form.getByRole("textbox", { name: "Text" }).fill("Thank you, {{customer.name}}!");
  await form.getByLabel(/Quick reply/).check();
  await checkAccessibility(grace, "settings-canned-form");
  await form.getByRole("button", { name: "Save" }).click();
  await grace.locator(".settings-row", { hasText: "Thank you" }).getByText("Quick reply").waitFor();
  await checkAccessibility(grace, "settings-canned");

  await grace.getByRole("link", { name: "SLA" }).click();
  await grace.getByLabel("The shop has times to keep").uncheck();
  await checkAccessibility(grace, "settings-sla-off");
  await grace.getByLabel("The shop has times to keep").check();
  const target = grace.getByRole("group", { name: "No priority" });
  await target.getByRole("textbox", { name: "First response" }).fill("soon");
  await grace.getByRole("button", { name: "Save" }).click();
  await grace.getByText("Write a whole number, or nothing.").waitFor();
  // The field with the problem is far above the button, so it gets the focus.
  expect(await target.getByRole("textbox", { name: "First response" }).evaluate((field) => field === document.activeElement)).toBe(true);
  await target.getByRole("textbox", { name: "First response" }).fill("2");
  await grace.getByLabel("Only at these times").check();
  await grace.getByLabel("Time zone").fill("Europe/Nowhere");
  await grace.getByRole("button", { name: "Save" }).click();
  await grace.getByText(/Must be a time zone of the IANA database/).waitFor();
  await checkAccessibility(grace, "settings-sla-refused");
  await grace.getByLabel("Time zone").fill("Europe/Berlin");
  await grace.getByLabel("Monday, until").fill("08:00");
  await grace.getByRole("button", { name: "Save" }).click();
  await grace.getByText("The end must be later than the start.").waitFor();
  await expect.poll(() => focused(grace)).toBe("Monday, from");
  await checkAccessibility(grace, "settings-hours-refused");
  // Always open, so that the clocks of the next tests run.
  await grace.getByLabel("Always open").check();
  await grace.getByRole("button", { name: "Save" }).click();
  await grace.getByText("Saved.").waitFor();

  const { page: ines, context: ofInes } = await setup.windows.window();
  await logIn(ines, "Ines Costa");
  await openSettings(ines);
  await ines.getByText("Only an admin can change what the shop has set.").waitFor();
  await ines.locator(".settings-row", { hasText: "Fragile" }).waitFor();
  expect(await ines.getByRole("button", { name: /Edit|Delete|New tag/ }).count()).toBe(0);
  // What an admin changes is there at once.
  await grace.getByRole("link", { name: "Tags" }).click();
  await addTag(grace, "Refund", "blue");
  await ines.locator(".settings-row", { hasText: "Refund" }).waitFor();
  await grace.getByRole("button", { name: "Delete Refund" }).click();
  await checkAccessibility(grace, "settings-tag-delete");
  await grace.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await ines.locator(".settings-row", { hasText: "Refund" }).waitFor({ state: "detached" });
  // Also what was changed while somebody was away.
  await ofInes.setOffline(true);
  await ines.getByText(/^You're offline/).waitFor();
  await addTag(grace, "Gift", "yellow");
  await ofInes.setOffline(false);
  await ines.locator(".settings-row", { hasText: "Gift" }).waitFor();
  await checkAccessibility(ines, "settings-agent");
  await ines.getByRole("link", { name: "SLA" }).click();
  expect(await ines.getByLabel("The shop has times to keep").isDisabled()).toBe(true);
  expect(await ines.getByRole("button", { name: "Save" }).count()).toBe(0);
  await checkAccessibility(ines, "settings-agent-sla");
  await ines.getByRole("link", { name: "Canned responses" }).click();
  await ines.locator(".settings-row", { hasText: "On its way" }).waitFor();
  expect(await ines.getByRole("button", { name: /^Edit/ }).count()).toBe(0);
  await ines.getByRole("button", { name: "New response" }).click();
  const own = ines.getByRole("form", { name: "New canned response" });
  expect(await own.getByRole("radio").count()).toBe(0);
  await own.getByLabel("Shortcut").fill("ines");
  await own.getByLabel("Title").fill("From Ines");
  await own.getByRole("textbox", { name: "Text" }).fill("Best, Ines");
  await own.getByRole("button", { name: "Save" }).click();
  await ines.getByRole("button", { name: "Edit From Ines" }).waitFor();
  // It is hers alone, and a customer has no settings.
  await grace.getByRole("link", { name: "Canned responses" }).click();
  await grace.locator(".settings-row", { hasText: "On its way" }).waitFor();
  expect(await grace.getByText("From Ines").count()).toBe(0);
  const { page: mia } = await setup.windows.window();
  await logIn(mia, "Mia Berger");
  await mia.goto("/settings/tags");
  await mia.waitForURL(/\/orders/);
  await mia.getByRole("button", { name: /^Account of/ }).click();
  expect(await mia.getByRole("menuitem", { name: "Settings" }).count()).toBe(0);
});

test("two admins see each other's decisions at once, and a customer sees nothing of it", async () => {
  const { page: mia, context: ofMia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  const { page: tom, context: ofTom } = await setup.windows.window({ colorScheme: "dark" });
  const received: string[] = [];
  mia.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => received.push(String(payload))));
  mia.on("response", (response) => {
    if (response.url().includes("/api/")) void response.text().then((text) => received.push(text), () => undefined);
  });
  await startConversation(mia, grace);
  await logIn(tom, "Tom Lindqvist");
  await openOrder(tom, "Desk lamp");
  await sendMessage(mia, "Is it fragile?");
  for (const page of [grace, tom]) await bubble(page, "Is it fragile?").waitFor();

  await choose(grace, /^Assigned to/, "Assign to me");
  await desk(grace).getByRole("button", { name: "Assigned to: You" }).waitFor();
  await desk(tom).getByRole("button", { name: "Assigned to: Grace Okafor" }).waitFor();
  await line(grace, "You assigned this to yourself").waitFor();
  await line(tom, "Grace Okafor took this on").waitFor();
  await choose(tom, /^Priority/, "Urgent");
  await desk(grace).getByRole("button", { name: "Priority: Urgent" }).waitFor();
  await line(grace, "Tom Lindqvist set the priority to urgent").waitFor();

  await desk(tom).getByRole("button", { name: "Tags" }).click();
  const dialog = tom.getByRole("dialog", { name: "Tags" });
  await dialog.getByRole("textbox").fill("frag");
  expect(await dialog.getByRole("checkbox").count()).toBe(1);
  await checkAccessibility(tom, "desk-tags");
  await tom.keyboard.press("Enter");
  await desk(grace).getByRole("button", { name: "Tags: Fragile" }).waitFor();
  await dialog.getByRole("textbox").fill("");
  await dialog.getByRole("checkbox", { name: "Very important" }).check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await desk(grace).getByRole("button", { name: "Tags: Fragile, Very important" }).waitFor();
  await line(grace, "Tom Lindqvist added the tag Very important").waitFor();

  // The clock of the SLA runs while the customer waits, and stands still while it is snoozed.
  await desk(grace).getByText(/^Answer by \d\d:\d\d, (2 h|1 h 5\d min) left$/).waitFor();
  await checkAccessibility(grace, "desk");
  // A clock has the same place whatever its state, so only the colours are left to check.
  for (const state of ["soon", "late"]) {
    await grace.locator("li.clock").evaluate((clock, to) => clock.setAttribute("data-state", to), state);
    await checkAccessibility(grace, `desk-clock-${state}`);
  }
  await choose(grace, /^Snooze/, "Tomorrow");
  for (const page of [grace, tom]) await desk(page).getByText("Snoozed until tomorrow, 09:00").waitFor();
  await line(tom, "Grace Okafor snoozed this until tomorrow, 09:00").waitFor();
  await desk(tom).getByText(/^Answer: paused, (2 h|1 h 5\d min) left$/).waitFor();
  await checkAccessibility(tom, "desk-snoozed");
  // Another admin is away meanwhile.
  setup.allowConsoleMessages(NO_NETWORK);
  await ofTom.setOffline(true);
  await desk(grace).getByRole("button", { name: "Wake now" }).click();
  await desk(grace).getByText(/^Snoozed/).waitFor({ state: "detached" });
  await choose(grace, /^Priority/, "Low");
  await choose(grace, /^Assigned to/, "Nobody");
  await line(grace, "You assigned this to nobody").waitFor();
  await ofTom.setOffline(false);
  await desk(tom).getByRole("button", { name: "Assigned to: Nobody" }).waitFor();
  await desk(tom).getByRole("button", { name: "Priority: Low" }).waitFor();
  await line(tom, "Grace Okafor ended the snooze").waitFor();
  expect(await desk(tom).getByText(/^Snoozed/).count()).toBe(0);

  // A message of the customer wakes it. An admin who needs not answer says so.
  await choose(tom, /^Snooze/, "Until the customer writes");
  await desk(grace).getByText("Snoozed until the customer writes").waitFor();
  await sendMessage(mia, "Thanks anyway.");
  for (const page of [grace, tom]) await desk(page).getByText(/^Snoozed/).waitFor({ state: "detached" });
  await desk(grace).getByRole("button", { name: "No answer needed" }).click();
  await line(tom, "Grace Okafor decided that no answer is needed").waitFor();
  for (const page of [grace, tom]) {
    await desk(page).getByRole("button", { name: "No answer needed" }).waitFor({ state: "detached" });
    expect(await desk(page).getByText(/^Answer by/).count()).toBe(0);
  }
  // A time of one's own.
  await choose(grace, /^Snooze/, "Date and time…");
  await grace.getByLabel("Date and time").fill("2020-01-01T10:00");
  await grace.getByRole("dialog").getByRole("button", { name: "Snooze" }).click();
  await grace.getByText("Choose a time in the future.").waitFor();
  await checkAccessibility(grace, "desk-snooze-own");
  await grace.keyboard.press("Escape");
  await chooseAction(grace, "Archive the conversation");
  await desk(grace).getByRole("button", { name: /^Snooze/ }).waitFor({ state: "detached" });
  // The lines are there after a reload too.
  await tom.reload();
  await line(tom, "Grace Okafor decided that no answer is needed").waitFor();
  const lines = await tom.locator(".desk-line").allInnerTexts();
  expect(lines[0]).toMatch(/^Grace Okafor took this on/);

  await mia.reload();
  await bubble(mia, "Thanks anyway.").waitFor();
  const text = await mia.locator("body").innerText();
  for (const secret of ["Urgent", "priority", "Fragile", "nooze", "assigned", "No answer needed", "Answer by", "Canned"]) expect(text).not.toContain(secret);
  for (const secret of ["desk", "assignee", "waitingSince", "snooze"]) expect(received.join("\n")).not.toContain(secret);
  await ofMia.close();
});

test("a decision that the server refuses is undone with a notice", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await startConversation(mia, grace);
  await grace.route("**/api/chat/conversations/*/desk", (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    return route.fulfill({ status: 422, contentType: "application/problem+json", json: { type: "x", title: "A field is invalid", status: 422, code: "invalid_request", detail: "prioritize.to: is not possible" } });
  });
  await choose(grace, /^Priority/, "High");
  const notice = grace.getByRole("alert").filter({ hasText: "The priority was not changed." });
  await notice.waitFor();
  await desk(grace).getByRole("button", { name: "Priority: No priority" }).waitFor();
  await checkAccessibility(grace, "desk-refused");
  await notice.getByRole("button", { name: "OK" }).click();
  await notice.waitFor({ state: "detached" });
});

test("a canned response is found and inserted with the keyboard alone, and what is missing blocks sending", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await startConversation(mia, grace);
  await field(grace).focus();
  await grace.keyboard.type("Hi! /ship");
  const list = grace.getByRole("listbox", { name: "Canned responses" });
  await list.waitFor();
  const option = list.getByRole("option", { selected: true });
  expect(await option.innerText()).toContain("On its way");
  expect(await field(grace).getAttribute("aria-activedescendant")).toBe(await option.getAttribute("id"));
  expect(await field(grace).getAttribute("aria-controls")).toBe(await list.getAttribute("id"));
  await checkAccessibility(grace, "canned");
  await grace.keyboard.press("Escape");
  await list.waitFor({ state: "detached" });
  expect(await field(grace).inputValue()).toBe("Hi! /ship");
  // It opens again with the next slash, and Tab inserts as Enter does.
  await field(grace).fill("");
  await grace.keyboard.type("/");
  await list.waitFor();
  await grace.keyboard.press("ArrowDown");
  await grace.keyboard.press("ArrowUp");
  await grace.keyboard.press("Enter");
  await list.waitFor({ state: "detached" });
  expect(await field(grace).inputValue()).toMatch(/^Hello Mia Berger, your order #\w{6} \(€89\.00\) is pending\. Grace Okafor$/);
  await grace.keyboard.press("Enter");
  await bubble(mia, "Hello Mia Berger, your order").waitFor();

  await field(grace).fill("Dear {{customer.name}}");
  await grace.keyboard.press("Enter");
  await grace.getByText("Fill in or remove {{customer.name}} before you send.").waitFor();
  expect(await grace.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
  await checkAccessibility(grace, "canned-missing");
  await grace.getByRole("button", { name: "Fill in" }).click();
  expect(await field(grace).inputValue()).toBe("Dear Mia Berger");
  await field(grace).fill("Dear {{order.colour}}");
  await grace.getByText("Fill in or remove {{order.colour}} before you send.").waitFor();
  expect(await grace.getByRole("button", { name: "Fill in" }).count()).toBe(0);
  await field(grace).fill("Dear Mia");
  await grace.keyboard.press("Enter");
  await bubble(mia, "Dear Mia").waitFor();
  expect(await bubble(mia, "{{").count()).toBe(0);
  // A quick reply inserts, and does not send.
  await grace.getByRole("list", { name: "Quick replies" }).getByRole("button", { name: "On its way" }).click();
  expect(await field(grace).inputValue()).toMatch(/^Hello Mia Berger/);
  expect(await focused(grace)).toBe("Message");
  // A customer's slash is a slash, and their braces are theirs.
  await sendMessage(mia, "/ship {{customer.name}}");
  await bubble(grace, "/ship {{customer.name}}").waitFor();
});

test("the desk can be used with the keyboard alone", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await startConversation(mia, grace);
  const press = async (...keys: string[]) => {
    for (const key of keys) await grace.keyboard.press(key);
  };
  // In a field the keys write.
  await field(grace).focus();
  await grace.keyboard.type("apt");
  expect(await field(grace).inputValue()).toBe("apt");
  await field(grace).fill("");
  await grace.locator(".messages").focus();
  await press("a");
  await desk(grace).getByRole("button", { name: "Assigned to: You" }).waitFor();
  await press("p");
  await grace.getByRole("menu", { name: "Priority" }).waitFor();
  // A menu takes keys once it has the focus, and moves the focus a moment after a key.
  const inMenu = () => grace.evaluate(() => document.activeElement?.closest("[role=menu]") !== null);
  await expect.poll(inMenu).toBe(true);
  await press("h");
  await expect.poll(() => focused(grace)).toBe("High");
  await press("Enter");
  await desk(grace).getByRole("button", { name: "Priority: High" }).waitFor();
  await expect.poll(() => focused(grace)).toBe("Priority: High");
  await press("t");
  await grace.getByRole("dialog", { name: "Tags" }).waitFor();
  await grace.keyboard.type("fra");
  await press("Enter", "Escape");
  await desk(grace).getByRole("button", { name: "Tags: Fragile" }).waitFor();
  await expect.poll(() => focused(grace)).toMatch(/^Tags/);
  await press("z");
  await grace.getByRole("menu", { name: "Snooze until" }).waitFor();
  await expect.poll(inMenu).toBe(true);
  await press("End");
  await expect.poll(() => focused(grace)).toMatch(/customer/);
  await press("Enter");
  await desk(grace).getByText("Snoozed until the customer writes").waitFor();
  await expect.poll(() => focused(grace)).toBe("Snooze");
  await press("Tab");
  expect(await focused(grace)).toBe("Wake now");
  await press("Enter");
  await line(grace, "You ended the snooze").waitFor();
  await press("?");
  await grace.getByRole("dialog").getByText("Assign to me").waitFor();
  await checkAccessibility(grace, "shortcuts");
  await press("Escape", "r");
  expect(await focused(grace)).toBe("Message");
  await grace.locator(".messages").focus();
  await press("e");
  await grace.locator(".chat-header").getByText("Archived").waitFor();
});

test("on a phone and in the dark everything fits and can be reached", async () => {
  const { page: leo } = await setup.windows.window();
  await logIn(leo, "Leo Martin");
  await placeOrder(leo, "Stoneware mug");
  await sendMessage(leo, "Is it dishwasher safe?");
  const address = new URL(leo.url()).pathname;
  for (const [width, colorScheme] of [[390, "light"], [360, "dark"]] as const) {
    const { page } = await setup.windows.window({ viewport: { width, height: 780 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, colorScheme });
    await page.goto("/");
    await choosePerson(page, "Tom Lindqvist");
    await page.goto(address);
    await desk(page).getByText(/left$/).first().waitFor();
    await checkAccessibility(page, `desk-phone-${width}`);
    await tap(desk(page).getByRole("button", { name: /^Snooze/ }));
    await page.getByRole("menu").waitFor();
    await checkAccessibility(page, `desk-phone-snooze-${width}`);
    await page.keyboard.press("Escape");
    await tap(desk(page).getByRole("button", { name: /^Tags/ }));
    await tap(page.getByRole("checkbox", { name: "Fragile" }));
    await checkAccessibility(page, `desk-phone-tags-${width}`);
    await tap(page.getByRole("button", { name: "Done" }));
    await tap(page.getByRole("button", { name: "Canned responses" }));
    await page.getByRole("listbox").waitFor();
    await checkAccessibility(page, `canned-phone-${width}`);
    await fits(page);
    await tap(page.getByRole("listbox").getByRole("option").first());
    expect(await field(page).inputValue()).toMatch(/^Hello Leo Martin/);
    await field(page).fill("");
    for (const part of ["tags", "canned-responses", "sla"]) {
      await page.goto(`/settings/${part}`);
      await page.getByRole("heading", { level: 2 }).waitFor();
      await checkAccessibility(page, `settings-phone-${part}-${width}`);
      await fits(page);
    }
  }
});

async function tap(what: Locator): Promise<void> {
  await what.scrollIntoViewIfNeeded();
  await what.tap();
}
