import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { checkAccessibility, choosePerson, delayRequests, logIn, logOut, openOrder, placeOrder, sendMessage, waitForFrame, waitForStatus } from "./steps.ts";
import { FAILED_REQUEST, browserSetup } from "./setup.ts";

const setup = browserSetup();

/** Stores a log-in of Mia whose token has expired. It is used after the next page load. */
async function storeExpiredLogIn(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const me = { userId: "mia", role: "customer", name: "Mia Berger" };
    const request = { sub: me.userId, role: me.role, name: me.name, expiresIn: -60 };
    const answer = await fetch("/dev/token", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) });
    const { token } = (await answer.json()) as { token: string };
    sessionStorage.setItem("order-chat/session", JSON.stringify({ me, token }));
  });
}

test("a draft belongs to one person and conversation, and is kept over a reload and a log-out", async () => {
  const { page } = await setup.windows.window();
  const field = page.getByRole("textbox", { name: "Message" });
  const list = page.getByRole("navigation", { name: "Conversations" });
  await logIn(page, "Mia Berger");
  for (const title of ["Desk lamp", "Wall clock"]) await placeOrder(page, title);
  await logOut(page);
  await choosePerson(page, "Grace Okafor");
  await openOrder(page, "Desk lamp");
  await field.fill("Between us, this lamp");
  await openOrder(page, "Wall clock");
  await page.getByRole("heading", { name: "Wall clock" }).waitFor();
  expect(await field.inputValue()).toBe("");
  await list.getByRole("link", { name: /Draft: Between us/ }).waitFor();
  await page.reload();
  await list.getByRole("link", { name: /Draft: Between us/ }).waitFor();
  expect(await field.inputValue()).toBe("");
  await logOut(page);
  await choosePerson(page, "Mia Berger");
  await openOrder(page, "Desk lamp");
  await page.getByRole("heading", { name: "Desk lamp" }).waitFor();
  expect(await field.inputValue()).toBe("");
  expect(await list.getByText("Draft:").count()).toBe(0);
  await logOut(page);
  await choosePerson(page, "Grace Okafor");
  await openOrder(page, "Desk lamp");
  await page.getByRole("heading", { name: "Desk lamp" }).waitFor();
  expect(await field.inputValue()).toBe("Between us, this lamp");
  // The open conversation shows the draft only in the composer. After it is sent there is no draft.
  expect(await list.getByText("Draft:").count()).toBe(0);
  await sendMessage(page, "Between us, this lamp");
  await openOrder(page, "Wall clock");
  await list.getByText("You: Between us, this lamp").waitFor();
});

test("an expired log-in is renewed, or a dialog stays until a person logs in, who stays on the same page", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page } = await setup.windows.window();
  const field = page.getByRole("textbox", { name: "Message" });
  await logIn(page, "Mia Berger");
  for (const title of ["Desk lamp", "Wall clock"]) await placeOrder(page, title);
  await page.getByRole("link", { name: /Desk lamp/ }).first().click();
  await page.getByRole("heading", { name: "Desk lamp" }).waitFor();
  const address = page.url();
  await storeExpiredLogIn(page);
  await page.reload();
  await field.waitFor();

  await storeExpiredLogIn(page);
  await page.route("**/dev/token", (route) => route.fulfill({ status: 401, json: { message: "Unauthorized" } }));
  await page.reload();
  const dialog = page.getByRole("dialog", { name: "Please log in again" });
  await dialog.waitFor();
  await checkAccessibility(page, "expired");
  for (let time = 1; time <= 3; time += 1) await page.keyboard.press("Escape");
  await waitForFrame(page);
  expect(await dialog.isVisible()).toBe(true);
  await page.getByRole("button", { name: "Log in again" }).click();
  await page.unroute("**/dev/token");
  await choosePerson(page, "Mia Berger");
  await field.waitFor();
  expect(page.url()).toBe(address);
});

test("a token that arrives after the log-out is ignored", async () => {
  const { page } = await setup.windows.window();
  await page.goto("/");
  // A page that starts later would find the log-in and renew it.
  await page.getByRole("button", { name: "Mia Berger" }).waitFor();
  await storeExpiredLogIn(page);
  const answer = await delayRequests(page, /\/dev\/token$/, "POST");
  const asked = page.waitForRequest("**/dev/token");
  await page.goto("/orders");
  await asked;
  await logOut(page);
  const answered = page.waitForResponse("**/dev/token");
  answer();
  await (await answered).finished();
  await waitForFrame(page);
  await page.reload();
  await page.getByRole("button", { name: "Jonas Keller" }).waitFor();
});

test("if the browser forbids storage, the page works until it is closed", async () => {
  const { page } = await setup.windows.window();
  await page.addInitScript(() => {
    const forbidden = () => {
      throw new DOMException("Access is denied for this document.", "SecurityError");
    };
    for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: forbidden });
    Object.defineProperty(LockManager.prototype, "request", { value: () => Promise.reject(new DOMException("Access is denied.", "SecurityError")) });
  });
  await logIn(page, "Aisha Rahman");
  await page.getByRole("button", { name: "Account of Aisha Rahman" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await page.keyboard.press("Escape");
  await placeOrder(page, "Rubber plant");
  await sendMessage(page, "Kept nowhere");
  await waitForStatus(page, "Kept nowhere", "Sent");
});
