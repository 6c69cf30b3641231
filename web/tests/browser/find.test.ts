import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { MessagesFound } from "../../src/protocol.ts";
import { simulateHistory } from "./long-history.ts";
import { FAILED_REQUEST, browserSetup } from "./setup.ts";
import { bubble, checkAccessibility, logIn, placeOrder, sendMessage, startConversation } from "./steps.ts";

const setup = browserSetup();
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, colorScheme: "dark" };

const panel = (page: Page) => page.getByRole("search", { name: "Search the messages" });
const field = (page: Page) => page.getByRole("searchbox", { name: "Search the messages of this order" });
const found = (page: Page) => panel(page).getByRole("listitem");
const marked = (page: Page) => panel(page).locator("mark").allTextContents();
const opener = (page: Page) => page.getByRole("button", { name: "Search the messages" });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.closest("[data-seq]")?.textContent ?? "");

/** How long the page is looked at until it shows something. */
const WAIT = { timeout: 10_000 };

test("both sides find messages by their words, with the keyboard alone, and see what changes meanwhile", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await startConversation(mia, grace);
  await sendMessage(mia, "Is the café open on Sunday?");
  await sendMessage(mia, "I come with <b>two</b> friends.");
  await bubble(grace, "friends").waitFor();
  await sendMessage(grace, "The CAFÉ opens at nine.");
  await bubble(mia, "nine").waitFor();

  await grace.locator(".messages").focus();
  await grace.keyboard.press("f");
  await panel(grace).getByText("Type two characters or more.").waitFor();
  const inField = () => field(grace).evaluate((it) => it === document.activeElement);
  await expect.poll(inField, WAIT).toBe(true);
  await grace.keyboard.type("cafe ope");
  await panel(grace).getByText("2 messages found").waitFor();
  expect(await marked(grace)).toEqual(["CAFÉ", "ope", "café", "ope"]);
  await checkAccessibility(grace, "find");
  await grace.keyboard.press("Enter");
  await grace.keyboard.press("ArrowDown");
  await grace.keyboard.press("Enter");
  await expect.poll(() => focused(grace), WAIT).toContain("on Sunday");
  // F goes back to the field.
  await grace.keyboard.press("f");
  await expect.poll(inField, WAIT).toBe(true);
  expect(await grace.locator("[data-marked]").count()).toBe(1);

  // What is markup is text, and what nobody wrote is not found.
  await field(grace).fill("<b>two");
  await panel(grace).getByText("1 message found").waitFor();
  expect(await marked(grace)).toEqual(["<b>two"]);
  await field(grace).fill("Saturday");
  await panel(grace).getByText("No message has these words.").waitFor();

  // A message that is edited meanwhile is shown with its new text, if that has the words too. A deleted
  // one is not shown any more.
  await opener(mia).click();
  await field(mia).fill("cafe");
  await panel(mia).getByText("2 messages found").waitFor();
  const choose = async (item: string) => {
    await bubble(grace, "opens at").hover();
    await bubble(grace, "opens at").locator(".more").click();
    await grace.getByRole("menuitem", { name: item, exact: true }).click();
  };
  await choose("Edit");
  await grace.getByRole("textbox", { name: "Edit message" }).fill("The CAFÉ opens at ten.");
  await grace.getByRole("button", { name: "Save" }).click();
  await found(mia).getByText("ten").waitFor();
  await panel(mia).getByText("2 messages found").waitFor();
  await choose("Delete");
  await grace.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await panel(mia).getByText("1 message found").waitFor();
  await mia.keyboard.press("Escape");
  await panel(mia).waitFor({ state: "detached" });
  expect(await opener(mia).evaluate((button) => button === document.activeElement)).toBe(true);
});

test("a message that is thousands of messages away is shown with what lies around it", async () => {
  const { page: mia } = await setup.windows.window();
  await logIn(mia, "Mia Berger");
  await placeOrder(mia, "Desk lamp");
  await simulateHistory(mia, 5_000);
  const searched: (string | null)[] = [];
  await mia.route("**/api/chat/conversations/*/search?*", async (route) => {
    const url = new URL(route.request().url());
    searched.push(url.searchParams.get("before"));
    const sender = { userId: "mia", role: "customer", name: "Mia Berger" } as const;
    const message = { conversationId: url.pathname.split("/").at(-2) ?? "", seq: 37, id: "msg_37", sender, kind: "text", body: "Message 37.", createdAt: new Date().toISOString() } as const;
    // The first requests find nothing. The page asks on by itself.
    const json: MessagesFound = searched.length < 5 ? { items: [], searchedTo: 5_000 - searched.length * 1_000 } : { items: [{ message, matches: [{ start: 0, end: 7 }] }] };
    await route.fulfill({ json });
  });
  await mia.reload();
  await bubble(mia, "Message 5000.").waitFor();
  await opener(mia).click();
  await field(mia).fill("message 37");
  await panel(mia).getByText("1 message found").waitFor();
  expect(searched).toEqual([null, "4000", "3000", "2000", "1000"]);
  await found(mia).getByRole("button").click();
  await bubble(mia, /* the last character keeps 370 out */ "Message 37.").waitFor();
  await expect.poll(() => focused(mia), WAIT).toContain("Message 37.");
  const inSight = () => bubble(mia, "Message 37.").evaluate((it) => {
    const [frame, { top, bottom }] = [it.closest(".messages")?.getBoundingClientRect(), it.getBoundingClientRect()];
    return frame !== undefined && top >= frame.top && bottom <= frame.bottom;
  });
  expect(await inSight()).toBe(true);
  await checkAccessibility(mia, "found-place");
  const place = mia.getByRole("region", { name: "Messages around the one that was found" });
  const top = () => bubble(mia, "Message 37.").evaluate((it) => it.getBoundingClientRect().top);
  const before = await top();
  await place.getByRole("button", { name: "Earlier messages" }).evaluate((button: HTMLElement) => button.click());
  await bubble(mia, "Message 1.").waitFor({ state: "attached" });
  expect(Math.abs((await top()) - before)).toBeLessThan(60);
  await place.getByRole("button", { name: "Later messages" }).click();
  await bubble(mia, "Message 100.").waitFor({ state: "attached" });
  await mia.getByRole("button", { name: "Back to the newest messages" }).click();
  await bubble(mia, "Message 5000.").waitFor();
  expect(await place.count()).toBe(0);
  // Who writes sees the newest messages again.
  await found(mia).getByRole("button").click();
  await place.waitFor();
  await sendMessage(mia, "I have read it again.");
  await place.waitFor({ state: "detached" });
});

test("on a phone what was found makes room for the message, and a failure can be tried again", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page: mia } = await setup.windows.window(PHONE);
  await logIn(mia, "Mia Berger");
  await placeOrder(mia, "Desk lamp");
  await sendMessage(mia, "Where is the needle?");
  for (let n = 0; n < 3; n += 1) await sendMessage(mia, `Hay ${n}. ${"It goes on for a while. ".repeat(20)}`);
  await bubble(mia, "Hay 2.").waitFor();
  let fails = true;
  await mia.route("**/search?*", (route) => (fails ? route.fulfill({ status: 500, json: { detail: "Not now." } }) : route.fallback()));
  await opener(mia).click();
  await field(mia).fill("needle");
  await panel(mia).getByText("The messages could not be searched.").waitFor();
  fails = false;
  await panel(mia).getByRole("button", { name: "Try again" }).click();
  await panel(mia).getByText("1 message found").waitFor();
  await checkAccessibility(mia, "find-phone");
  await found(mia).getByRole("button").click();
  await expect.poll(() => found(mia).count(), WAIT).toBe(0);
  await expect.poll(() => focused(mia), WAIT).toContain("Where is the needle?");
  await checkAccessibility(mia, "find-phone-folded");
  await panel(mia).getByRole("button", { name: "Show what was found" }).click();
  await found(mia).waitFor();
  await panel(mia).getByRole("button", { name: "Close the search" }).click();
  await panel(mia).waitFor({ state: "detached" });
});
