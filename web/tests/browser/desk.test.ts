import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { BulkRequest, ConversationPage, History, SlaClock, Tag } from "../../src/protocol.ts";
import { customerId, placeOrders, restPerson } from "./rest.ts";
import { FAILED_REQUEST, NO_NETWORK, browserSetup } from "./setup.ts";
import { checkAccessibility, logIn } from "./steps.ts";

const setup = browserSetup();

const GRACE = { userId: "grace", role: "admin", name: "Grace Okafor" } as const;
const TOM = { userId: "tom", role: "admin", name: "Tom Lindqvist" } as const;

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** A time-out for the writing of hundreds of messages on a busy machine, in milliseconds. */
const BULK_TIMEOUT = 180_000;

/** How long the page is looked at until it shows something. */
const WAIT = { timeout: 10_000 };

const list = (page: Page) => page.getByRole("navigation", { name: "Conversations" });
const row = (page: Page, name: string) => list(page).getByRole("link", { name: new RegExp(name) });
const box = (page: Page, name: string) => list(page).getByRole("checkbox", { name: new RegExp(`of ${name}$`) });
const view = (page: Page, name: string) => page.getByRole("group", { name: "Views" }).getByRole("button", { name: new RegExp(`^${name}`) });
const bar = (page: Page) => page.getByRole("region", { name: "Selected orders" });
const dialog = (page: Page) => page.getByRole("dialog");

/** Opens the dialog of what is done in the selected conversations. */
async function act(page: Page, item: string): Promise<void> {
  await bar(page).getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

/** Two admins look at the list, and customers with these names have an order each. */
async function twoAdmins(names: readonly string[]): Promise<{ grace: Page; tom: Page; ids: readonly string[] }> {
  const { page: grace } = await setup.windows.window();
  const { page: tom } = await setup.windows.window();
  await logIn(grace, GRACE.name);
  await logIn(tom, TOM.name);
  const ids = await placeOrders(setup.system.url, names);
  for (const page of [grace, tom]) for (const name of names) await row(page, name).waitFor();
  return { grace, tom, ids };
}

test("what one admin decides the other sees at once, in views with counts, and after having been away", async () => {
  setup.allowConsoleMessages(NO_NETWORK);
  const { grace, tom, ids } = await twoAdmins(["Ada One", "Bob Two", "Cleo Three"]);
  const rest = await restPerson(setup.system.url, GRACE);
  const { tag } = await rest.call<{ tag: Tag }>("POST", "/api/chat/tags", { name: "Fragile", color: "orange" });
  await view(grace, "Unassigned").click();
  await view(tom, "Unassigned").click();
  // Grace takes one and prioritizes it. It leaves both lists at once.
  await box(grace, "Ada One").click({ force: true });
  await act(grace, "Assign…");
  await dialog(grace).getByLabel("Assign to").selectOption("Me");
  await dialog(grace).getByRole("button", { name: "Assign 1 conversation" }).click();
  await dialog(grace).getByText("Done in 1 conversation.").waitFor();
  await dialog(grace).getByRole("button", { name: "Close" }).click();
  await row(tom, "Ada One").waitFor({ state: "detached" });
  await row(grace, "Ada One").waitFor({ state: "detached" });
  await view(grace, "Mine").click();
  await row(grace, "Ada One").waitFor();
  await view(grace, "Mine").getByText("1 active").waitFor();
  await view(tom, "All").click();
  await row(tom, "Ada One").getByText("Grace Okafor").waitFor();

  // While Tom is away, Grace tags one, prioritizes another and snoozes the third.
  await tom.context().setOffline(true);
  const decide = (id: string | undefined, what: object) => rest.call("POST", `/api/chat/conversations/${id}/desk`, { changeId: crypto.randomUUID(), seenDeskSeq: 0, ...what });
  await decide(ids[0], { tag: { add: [tag.id] } });
  await decide(ids[1], { prioritize: { to: "urgent" } });
  await decide(ids[2], { snooze: {} });
  await row(grace, "Ada One").getByText("Fragile").waitFor();
  await tom.context().setOffline(false);
  await row(tom, "Ada One").getByText("Fragile").waitFor();
  await row(tom, "Bob Two").getByText("Urgent priority").waitFor();
  await row(tom, "Cleo Three").getByText("Until they write").waitFor();
  await view(tom, "Snoozed").click();
  await row(tom, "Cleo Three").waitFor();
  expect(await list(tom).getByRole("link").count()).toBe(1);
  // The customer writes: it wakes everywhere.
  const cleo = await restPerson(setup.system.url, { userId: customerId("Cleo Three"), role: "customer", name: "Cleo Three" });
  await cleo.call("POST", `/api/chat/conversations/${ids[2]}/messages`, { clientMessageId: crypto.randomUUID(), body: "Hello?", seenSeq: 1 });
  await row(tom, "Cleo Three").waitFor({ state: "detached" });
  await view(tom, "All").click();

  // Filters and sorting.
  await tom.getByRole("button", { name: /^Filters/ }).click();
  await tom.getByLabel("Sort by").selectOption("Priority");
  await expect.poll(() => list(tom).getByRole("link").first().textContent(), WAIT).toContain("Bob Two");
  await tom.getByLabel("Tag", { exact: true }).selectOption("Fragile");
  await expect.poll(() => list(tom).getByRole("link").count(), WAIT).toBe(1);
  await row(tom, "Ada One").waitFor();
  await checkAccessibility(tom, "desk-filters");
  await tom.reload();
  await row(tom, "Ada One").waitFor();
  expect(await list(tom).getByRole("link").count()).toBe(1);
  await tom.getByRole("button", { name: "Filters, 2 in use" }).waitFor();
});

test("views and filters are paged through on the server, and new orders appear in them", async () => {
  const { page: grace } = await setup.windows.window();
  const rest = await restPerson(setup.system.url, GRACE);
  const [old] = await placeOrders(setup.system.url, ["Otto Old"]);
  await rest.call("POST", `/api/chat/conversations/${old}/desk`, { changeId: crypto.randomUUID(), seenDeskSeq: 0, prioritize: { to: "high" } });
  // The list has only what is newer.
  await grace.route(/\/api\/chat\/conversations\?(?!.*priority=)/, async (route) => {
    const response = await route.fetch();
    const page = (await response.json()) as { items: { id: string }[] };
    await route.fulfill({ json: { ...page, items: page.items.filter(({ id }) => id !== old), nextCursor: "older" } });
  });
  await logIn(grace, GRACE.name);
  await grace.getByRole("button", { name: /^Filters/ }).click();
  expect(await row(grace, "Otto Old").count()).toBe(0);
  await grace.getByLabel("Priority").selectOption("High");
  await row(grace, "Otto Old").waitFor();
  // Events keep up to date what only the filter has found.
  await rest.call("POST", `/api/chat/conversations/${old}/desk`, { changeId: crypto.randomUUID(), seenDeskSeq: 1, prioritize: { to: "low" } });
  await row(grace, "Otto Old").waitFor({ state: "detached" });
  await grace.getByLabel("Priority").selectOption("Any");
  await view(grace, "Unassigned").click();
  await placeOrders(setup.system.url, ["Nora New"]);
  await row(grace, "Nora New").waitFor();
});

test("the same is done in hundreds of conversations once, also after a stop, failures and a lost connection", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  setup.allowConsoleMessages(NO_NETWORK);
  const many = 300;
  const names = Array.from({ length: many }, (_, index) => `Bulk ${String(index + 1).padStart(3, "0")}`);
  const ids = await placeOrders(setup.system.url, names);
  const rest = await restPerson(setup.system.url, GRACE);
  // In one of them nobody can write.
  await rest.call("PATCH", `/api/chat/conversations/${ids[7]}`, { status: "closed" });
  const { page: grace } = await setup.windows.window();
  const requests: BulkRequest[] = [];
  let turn: "go" | "lose" | "fail" = "go";
  let held: (() => void) | undefined;
  await grace.route("**/api/chat/bulk", async (route) => {
    requests.push(route.request().postDataJSON() as BulkRequest);
    if (turn === "fail") return route.fulfill({ status: 503, json: { message: "Service Unavailable" } });
    const response = await route.fetch();
    // It was done, but the answer is lost.
    if (turn === "lose") return route.abort();
    if (requests.length === 3) await Promise.race([new Promise<void>((resolve) => (held = resolve)), pause(20_000)]);
    await route.fulfill({ response });
  });
  await logIn(grace, GRACE.name);
  await grace.getByRole("searchbox", { name: "Search the orders" }).fill("Bulk");
  // The one that was closed has the latest activity.
  await row(grace, "Bulk 008").waitFor();
  await grace.getByRole("button", { name: "Select orders" }).click();
  await bar(grace).getByRole("button", { name: "Select all that match" }).click();
  await bar(grace).getByText("300 selected").waitFor();
  await act(grace, "Reply…");
  await dialog(grace).getByRole("button", { name: "Send in 300 conversations" }).click();
  await dialog(grace).getByText("Write a message.").waitFor();
  await dialog(grace).getByLabel("Message").fill("Dear {{customer.name}}, we are on holiday.");
  await checkAccessibility(grace, "bulk-reply");
  await dialog(grace).getByRole("button", { name: "Send in 300 conversations" }).click();
  // Stop in the middle: the request that is under way is finished.
  await expect.poll(() => held !== undefined, WAIT).toBe(true);
  await dialog(grace).getByRole("button", { name: "Stop" }).click();
  await grace.keyboard.press("Escape");
  await checkAccessibility(grace, "bulk-running");
  turn = "lose";
  held?.();
  await dialog(grace).getByText(/^Stopped\. Done in 7\d of 300/).waitFor();
  await dialog(grace).getByRole("button", { name: /^Go on with 22\d/ }).click();
  // Answers are lost and the server fails: the same requests are sent again.
  await dialog(grace).getByText("The server does not answer.").waitFor();
  turn = "fail";
  await expect.poll(() => requests.length, WAIT).toBeGreaterThan(5);
  turn = "go";
  await dialog(grace).getByText("Done in 299 of 300 conversations. 1 could not be done.").waitFor({ timeout: 60_000 });
  await checkAccessibility(grace, "bulk-failed");
  expect(new Set(requests.map(({ id }) => id)).size).toBe(1);
  // What failed is tried again, with the same id.
  await rest.call("PATCH", `/api/chat/conversations/${ids[7]}`, { status: "active" });
  await dialog(grace).getByRole("button", { name: "Try these again" }).click();
  await dialog(grace).getByText("Done in 300 conversations.").waitFor();
  expect(requests.at(-1)).toMatchObject({ id: requests[0]?.id, conversationIds: [ids[7]] });
  await dialog(grace).getByRole("button", { name: "Close" }).click();
  await bar(grace).waitFor({ state: "detached" });
  // Each conversation got it once, filled in.
  const texts = await Promise.all(
    ids.map(async (id) => (await rest.call<History>("GET", `/api/chat/conversations/${id}/messages?limit=100`)).messages.filter(({ kind }) => kind === "text").map(({ body }) => body)),
  );
  expect(texts).toEqual(names.map((name) => [`Dear ${name}, we are on holiday.`]));
}, BULK_TIMEOUT);

test("leaving the page while it runs asks first", async () => {
  const { grace } = await twoAdmins(["Eve Leaves"]);
  await grace.route("**/api/chat/bulk", () => undefined);
  await box(grace, "Eve Leaves").click({ force: true });
  await act(grace, "Archive…");
  await dialog(grace).getByRole("button", { name: "Archive 1 conversation" }).click();
  await dialog(grace).getByRole("button", { name: "Stop" }).waitFor();
  const asked = grace.waitForEvent("dialog");
  const left = grace.evaluate(() => location.reload()).catch(() => undefined);
  const question = await asked;
  expect(question.type()).toBe("beforeunload");
  await question.accept();
  await left;
  // A window that is still leaving a page cannot be closed.
  await row(grace, "Eve Leaves").waitFor();
});

test("the list works with the keyboard alone", async () => {
  const names = ["Kay One", "Kay Two", "Kay Three", "Kay Four"];
  const { page: grace } = await setup.windows.window();
  const ids: string[] = [];
  for (const name of names) ids.push(...(await placeOrders(setup.system.url, [name])));
  await logIn(grace, GRACE.name);
  await row(grace, "Kay Four").waitFor();
  const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => grace.keyboard.press(key)), Promise.resolve());
  const focused = () => grace.evaluate(() => document.activeElement?.textContent ?? "");
  // Search with /, and letters in a field are letters.
  await press("/", "k", "a", "y", "j", "x", "?", "Backspace", "Backspace", "Backspace");
  expect(await grace.getByRole("searchbox").inputValue()).toBe("kay");
  await grace.getByRole("searchbox").blur();
  await press("j");
  await expect.poll(focused, WAIT).toContain("Kay Four");
  await press("ArrowDown", "x");
  await bar(grace).getByText("1 selected").waitFor();
  await press("Shift+ArrowDown", "Shift+ArrowDown");
  await bar(grace).getByText("3 selected").waitFor();
  await expect.poll(focused, WAIT).toContain("Kay One");
  await press("k", "x");
  await bar(grace).getByText("2 selected").waitFor();
  await press("Escape");
  await bar(grace).waitFor({ state: "detached" });
  await press("?");
  await dialog(grace).getByText("Keyboard shortcuts").waitFor();
  await checkAccessibility(grace, "shortcuts");
  await press("j", "Escape");
  await dialog(grace).waitFor({ state: "detached" });
  await expect.poll(focused, WAIT).toContain("Kay Two");
  await press("Enter");
  await grace.waitForURL(`**/orders/${ids[1]}`);
  // With Tab and Enter alone: the mode to select, a check box, the bar and its menu.
  await grace.getByRole("button", { name: "Select orders" }).focus();
  await press("Enter", "Tab");
  expect(await grace.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(/^Select #.* of Kay Four$/);
  await press("Space");
  await bar(grace).getByRole("button", { name: /^Actions for/ }).focus();
  await press("Enter");
  await grace.getByRole("menuitem", { name: "Set the priority…" }).press("Enter");
  await dialog(grace).getByLabel("Priority").selectOption("High");
  await press("Tab", "Tab", "Enter");
  await dialog(grace).getByText("Done in 1 conversation.").waitFor();
  await press("Enter");
  await dialog(grace).waitFor({ state: "detached" });
  await row(grace, "Kay Four").getByText("High priority").waitFor();
});

test("a range is selected with Shift; rows, bar and filters fit a phone and have no findings of axe", async () => {
  const { page: grace } = await setup.windows.window({ viewport: { width: 360, height: 720 }, colorScheme: "dark", hasTouch: true });
  const rest = await restPerson(setup.system.url, GRACE);
  const names = ["Phone One", "Phone Two", "Phone Three"];
  const ids: string[] = [];
  for (const name of names) ids.push(...(await placeOrders(setup.system.url, [name])));
  const { tag } = await rest.call<{ tag: Tag }>("POST", "/api/chat/tags", { name: "Needs a second look from the warehouse", color: "purple" });
  for (const what of [{ tag: { add: [tag.id] } }, { prioritize: { to: "urgent" } }, { assign: { to: "grace" } }]) {
    await rest.call("POST", `/api/chat/conversations/${ids[1]}/desk`, { changeId: crypto.randomUUID(), ...what });
  }
  await logIn(grace, GRACE.name);
  await grace.getByRole("searchbox").fill("phone");
  await row(grace, "Phone Three").waitFor();
  await grace.getByRole("button", { name: "Select orders" }).click();
  await box(grace, "Phone Three").click();
  await box(grace, "Phone One").click({ modifiers: ["Shift"] });
  await bar(grace).getByText("3 selected").waitFor();
  await grace.getByRole("button", { name: /^Filters/ }).click();
  await grace.getByLabel("Sort by").waitFor();
  await checkAccessibility(grace, "bulk-phone-dark");
  expect(await grace.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await act(grace, "Snooze…");
  await dialog(grace).getByLabel("Until the customer writes").check();
  await checkAccessibility(grace, "bulk-snooze-phone-dark");
  await dialog(grace).getByRole("button", { name: "Snooze 3 conversations" }).click();
  await dialog(grace).getByText("Done in 3 conversations.").waitFor();
});

test("rows show in words what the shop decided and how much time is left, in light and dark", async () => {
  const rest = await restPerson(setup.system.url, GRACE);
  const names = ["Row Good", "Row Soon", "Row Late", "Row Paused"];
  const ids: string[] = [];
  for (const name of names) ids.push(...(await placeOrders(setup.system.url, [name])));
  const tags = await Promise.all((["gray", "red", "yellow", "blue"] as const).map((color) => rest.call<{ tag: Tag }>("POST", "/api/chat/tags", { name: `In ${color}`, color })));
  const decide = (id: string | undefined, what: object) => rest.call("POST", `/api/chat/conversations/${id}/desk`, { changeId: crypto.randomUUID(), ...what });
  await decide(ids[0], { tag: { add: tags.map(({ tag }) => tag.id) } });
  for (const [index, to] of (["low", "medium", "high", "urgent"] as const).entries()) await decide(ids[index], { prioritize: { to } });
  await decide(ids[1], { assign: { to: "grace" } });
  await decide(ids[3], { snooze: { until: new Date(Date.now() + 3 * 86_400_000).toISOString() } });
  // The clocks of an SLA of four hours, at different times of it.
  const clockOf = (id: string): SlaClock[] => {
    const left = [150, 45, -20, 100][ids.indexOf(id)] ?? 0;
    const due = Date.now() + left * 60_000 + 30_000;
    return [{ kind: "next_response", since: new Date(due - 240 * 60_000).toISOString(), due: new Date(due).toISOString(), warnAt: new Date(due - 60 * 60_000).toISOString(), paused: id === ids[3] }];
  };
  for (const colorScheme of ["light", "dark"] as const) {
    const { page: tom } = await setup.windows.window({ colorScheme });
    await tom.route(/\/api\/chat\/conversations\?/, async (route) => {
      const answer = (await (await route.fetch()).json()) as ConversationPage;
      const items = answer.items.map((each) => (ids.includes(each.id) && each.desk !== undefined ? { ...each, desk: { ...each.desk, sla: clockOf(each.id) } } : each));
      await route.fulfill({ json: { ...answer, items } });
    });
    await logIn(tom, TOM.name);
    await row(tom, "Row Good").getByText("2 h 30 min left").waitFor();
    await row(tom, "Row Soon").locator('[data-state="soon"]').getByText("45 min left").waitFor();
    await row(tom, "Row Late").locator('[data-state="late"]').getByText("Late by 19 min").waitFor();
    await row(tom, "Row Paused").getByText("Paused, 1 h 40 min left").waitFor();
    await row(tom, "Row Paused").getByText("Urgent priority").waitFor();
    await row(tom, "Row Good").getByText("In blue").waitFor();
    await checkAccessibility(tom, `desk-rows-${colorScheme}`);
  }
});

test("a customer sees nothing of it", async () => {
  const [id] = await placeOrders(setup.system.url, ["Mia Berger"]);
  const rest = await restPerson(setup.system.url, GRACE);
  await rest.call("POST", `/api/chat/conversations/${id}/desk`, { changeId: crypto.randomUUID(), prioritize: { to: "urgent" } });
  const { page: mia } = await setup.windows.window();
  const asked: string[] = [];
  mia.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await logIn(mia, "Mia Berger");
  await mia.getByRole("heading", { name: "My orders" }).waitFor({ state: "attached" });
  expect(await mia.getByRole("group", { name: "Views" }).count()).toBe(0);
  expect(await mia.getByRole("checkbox").count()).toBe(0);
  expect(asked.filter((path) => /api\/chat\/(views|tags|admins|sla|bulk)/.test(path))).toEqual([]);
});
