import { expect, test } from "vitest";
import { bubble, checkAccessibility, chooseAction, logIn, placeOrder, sendMessage, startConversation, waitForStatus } from "./steps.ts";
import { FAILED_REQUEST, browserSetup } from "./setup.ts";

const setup = browserSetup();

test("on a phone the list and the chat are separate screens", async () => {
  const { page } = await setup.windows.window({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  await logIn(page, "Mia Berger");
  await page.getByText("No orders yet.").waitFor();
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.getByRole("heading", { name: "Shop" }).waitFor();
  await checkAccessibility(page, "phone-checkout");
  await placeOrder(page, "Reading chair");
  await sendMessage(page, "Does it come assembled?");
  await waitForStatus(page, "Does it come assembled?", "Sent");
  expect(await page.getByRole("navigation", { name: "Conversations" }).count()).toBe(0);
  await checkAccessibility(page, "phone-chat");
  await page.getByRole("link", { name: "Back to the list" }).click();
  await page.getByRole("navigation", { name: "Conversations" }).getByText("You: Does it come assembled?").waitFor();
  expect(await page.getByRole("textbox", { name: "Message" }).count()).toBe(0);
  await checkAccessibility(page, "phone-list");
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await page.getByRole("link", { name: /Reading chair/ }).click();
  await bubble(page, "Does it come assembled?").waitFor();
});

test("dark mode follows the system and can be chosen", async () => {
  const { page } = await setup.windows.window({ colorScheme: "dark" });
  await page.goto("/");
  await checkAccessibility(page, "dark-log-in");
  await logIn(page, "Jonas Keller");
  await placeOrder(page, "Stoneware mug");
  await sendMessage(page, "Is it dishwasher safe? https://shop.example/mug");
  await waitForStatus(page, "Is it dishwasher safe?", "Sent");
  await checkAccessibility(page, "dark-chat");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.getByRole("button", { name: "Account of Jonas Keller" }).click();
  await checkAccessibility(page, "dark-menu");
  await page.getByRole("menuitemradio", { name: "Light" }).click();
  expect(await ground()).not.toBe(dark);
  await page.reload();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  expect(await ground()).not.toBe(dark);
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("button", { name: "Account of Jonas Keller" }).click();
  await page.getByRole("menuitemradio", { name: "System" }).click();
  expect(await ground()).toBe(dark);
  await checkAccessibility(page, "dark-checkout");
});

test("an admin searches, filters, and sees presence", async () => {
  const { page: grace } = await setup.windows.window();
  const { page: leo } = await setup.windows.window();
  await logIn(leo, "Leo Martin");
  for (const title of ["Wall clock", "Headphones"]) await placeOrder(leo, title);
  await sendMessage(leo, "Do they fold?");
  await waitForStatus(leo, "Do they fold?", "Sent");
  await logIn(grace, "Grace Okafor");
  const list = grace.getByRole("navigation", { name: "Conversations" });
  await list.getByText("Do they fold?").waitFor();
  await grace.getByRole("searchbox", { name: "Search the orders" }).fill("leo clock");
  await list.getByText("Do they fold?").waitFor({ state: "detached" });
  expect(await list.getByRole("link").count()).toBe(1);
  await list.getByRole("link", { name: /Wall clock/ }).click();
  await grace.getByText("Leo Martin is online").waitFor();
  await checkAccessibility(grace, "admin-search");
  await grace.getByRole("searchbox", { name: "Search the orders" }).fill("");

  await chooseAction(grace, "Cancel the order");
  await grace.locator(".system", { hasText: "Order cancelled" }).waitFor();
  await grace.getByRole("button", { name: /Cancelled/ }).click();
  await list.getByText("Do they fold?").waitFor({ state: "detached" });
  await grace.getByRole("button", { name: /Cancelled/ }).click();

  await grace.getByRole("button", { name: "Actions" }).click();
  await grace.getByRole("menuitem", { name: "Archive the conversation" }).click();
  await grace.locator(".chat-header .badge", { hasText: "Archived" }).waitFor();
  await grace.getByRole("combobox", { name: "Conversation status" }).selectOption("archived");
  expect(await list.getByRole("link").count()).toBe(1);

  // The customer disconnects, and an admin who has opened the order sees that.
  await leo.close();
  await grace.getByText(/Leo Martin was online|Leo Martin is offline/).waitFor();

  // A new message of the customer makes an archived conversation active again.
  const { page: again } = await setup.windows.window();
  await logIn(again, "Leo Martin");
  await again.getByRole("link", { name: /Wall clock/ }).click();
  await sendMessage(again, "Why was it cancelled?");
  await grace.locator(".chat-header .badge", { hasText: "Archived" }).waitFor({ state: "detached" });
});

test("all steps can be done with the keyboard alone", async () => {
  const { page } = await setup.windows.window();
  await page.goto("/");
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => {
    const at = document.activeElement;
    return at === null || at === document.body ? "" : (at.getAttribute("aria-label") ?? at.textContent);
  });
  const reach = async (name: string | RegExp, by = "Tab") => {
    for (let step = 0; step < 60; step += 1) {
      const at = await focused();
      if (typeof name === "string" ? at === name : name.test(at)) return;
      await press(by);
      await page.waitForTimeout(20);
    }
    throw new Error(`${name} was not reached by ${by}`);
  };
  await reach(/Aisha Rahman/);
  await press("Enter");
  await page.getByText("Chat with the shop about your orders").waitFor();
  await reach("Shop");
  await press("Enter");
  await page.getByRole("heading", { name: "Shop" }).waitFor();
  await reach("Add Rubber plant");
  await press("Enter");
  await reach("Place the order");
  await press("Enter");
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await reach("Message");
  await page.keyboard.type("Typed without a mouse");
  await press("Enter");
  await waitForStatus(page, "Typed without a mouse", "Sent");
  await reach(/Account of/, "Shift+Tab");
  await press("Enter");
  await page.getByRole("menu").waitFor();
  await reach("Switch person", "ArrowDown");
  await press("Enter");
  await page.getByRole("heading", { name: "Order chat" }).waitFor();
});

test("failures show a message and an action", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page } = await setup.windows.window();
  await logIn(page, "Tom Lindqvist");
  await page.getByRole("navigation", { name: "Conversations" }).waitFor();

  await page.goto("/orders/cnv_nowhere");
  await page.getByText("Conversation not found").waitFor();
  await checkAccessibility(page, "no-such-conversation");
  await page.goto("/somewhere");
  await page.getByText("Page not found").waitFor();
  await checkAccessibility(page, "not-found");

  let [broken, failures] = [true, 0];
  const failing = { status: 500, contentType: "application/problem+json", json: { type: "", title: "", status: 500, detail: "Something went wrong here.", code: "internal" } };
  await page.route("**/api/chat/conversations?*", (route) => {
    if (!broken) return route.continue();
    failures += 1;
    return route.fulfill(failing);
  });
  await page.getByRole("link", { name: "Go to orders", exact: true }).click();
  await page.reload();
  await page.getByText("The orders could not be loaded").waitFor();
  await checkAccessibility(page, "list-failed");
  // Wait until the back-off of the automatic retries is long.
  await expect.poll(() => failures, { timeout: 20_000 }).toBeGreaterThan(5);
  broken = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("navigation", { name: "Conversations" }).waitFor();
});

test("a refused message shows that it was not sent and can be retried", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await startConversation(mia, grace);
  // The browser writes the refusal into the console.
  setup.allowConsoleMessages(FAILED_REQUEST);
  // The shop closes the conversation while the customer's message is on its way, so her page does
  // not know it yet.
  await mia.route(/\/messages$/, async (route) => {
    if (route.request().method() === "POST") await new Promise((done) => setTimeout(done, 1_500));
    await route.fallback();
  });
  await sendMessage(mia, "One more thing");
  await grace.getByRole("button", { name: "Actions" }).click();
  await grace.getByRole("menuitem", { name: "Close the conversation" }).click();
  await mia.locator(".failed", { hasText: "Not sent." }).waitFor();
  // The list and the top bar show the failure too, also on other pages.
  await mia.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: /Not sent: One more thing/ }).waitFor();
  await checkAccessibility(mia, "not-sent");
  await mia.getByRole("link", { name: "Shop", exact: true }).click();
  await mia.getByText("A message was not sent.").waitFor();
  await mia.getByRole("link", { name: "Show message" }).click();
  await grace.getByRole("button", { name: "Actions" }).click();
  await grace.getByRole("menuitem", { name: "Reopen the conversation" }).click();
  await mia.getByRole("textbox", { name: "Message" }).waitFor();
  await mia.getByRole("button", { name: "Try again" }).click();
  await bubble(grace, "One more thing").waitFor();
  await waitForStatus(mia, "One more thing", "Read");
  expect(await bubble(mia, "One more thing").count()).toBe(1);
  expect(await mia.getByText("A message was not sent.").count()).toBe(0);
});

test("the page uses the API's URL from the configuration", async () => {
  setup.allowConsoleMessages(/./);
  // The local gateway's Content-Security-Policy does not allow other hosts.
  const { page } = await setup.windows.window({ bypassCSP: true });
  await page.route("**/config.json", (route) => route.fulfill({ json: { api: "https://api.shop.example" } }));
  const asked = page.waitForRequest("https://api.shop.example/api/**");
  await logIn(page, "Mia Berger");
  await asked;
});

test("if the configuration cannot be loaded, the page shows a message and can try again", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page } = await setup.windows.window();
  let reachable = false;
  await page.route("**/config.json", (route) => (reachable ? route.continue() : route.fulfill({ status: 503 })));
  await page.goto("/");
  await page.getByText("The shop cannot be reached").waitFor();
  await checkAccessibility(page, "unreachable");
  reachable = true;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: /Mia Berger/ }).waitFor();
});
