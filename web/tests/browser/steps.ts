import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** The folder for screenshots of the pages. */
export const RESULTS = resolve(dirname(fileURLToPath(import.meta.url)), "../../test-results");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Opens the log-in page and logs in as a demo person. */
export async function logIn(page: Page, name: string): Promise<void> {
  await page.goto("/");
  await choosePerson(page, name);
}

/** Chooses a person on the log-in page and waits until they are logged in. */
export async function choosePerson(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name }).click();
  await page.getByRole("button", { name: `Account of ${name}` }).waitFor();
}

/** Logs out through the account menu, without a page load. */
export async function logOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Switch person" }).click();
  await page.getByRole("heading", { name: "Order chat" }).waitFor();
}

/** Waits for two animation frames, so that the page has rendered its latest state. */
export async function waitForFrame(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Orders one product and waits until its conversation is open. */
export async function placeOrder(page: Page, title: string): Promise<void> {
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await page.getByRole("button", { name: `Add ${title}` }).click();
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.waitForURL(/\/orders\/cnv_/);
  await page.getByRole("textbox", { name: "Message" }).waitFor();
}

/** Mia orders a desk lamp, and the admin Grace opens its conversation. */
export async function startConversation(mia: Page, grace: Page): Promise<void> {
  await logIn(mia, "Mia Berger");
  await placeOrder(mia, "Desk lamp");
  await logIn(grace, "Grace Okafor");
  await openOrder(grace, "Desk lamp");
  await grace.getByText("Mia Berger is online").waitFor();
}

/** Opens the newest order with this title from the list. */
export async function openOrder(page: Page, title: string): Promise<void> {
  await page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: new RegExp(title) }).first().click();
}

/** Chooses an action for the open order, and confirms it if there is a dialog. */
export async function chooseAction(page: Page, action: string): Promise<void> {
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: action, disabled: false }).click();
  if (/^(Complete|Cancel) the order$/.test(action)) await page.getByRole("alertdialog").getByRole("button", { name: action }).click();
}

/** Returns a promise and the function that resolves it. */
export function deferred(): { resolve(): void; readonly promise: Promise<void> } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { resolve, promise };
}

/** Delays all requests that match until the returned function is called. */
export async function delayRequests(page: Page, addresses: RegExp, method: string): Promise<() => void> {
  const { resolve: release, promise: released } = deferred();
  await page.route(addresses, async (route) => {
    if (route.request().method() === method) await released;
    await route.fallback();
  });
  return release;
}

/**
 * Writes a message and sends it with Enter, or with the button on devices where Enter inserts a
 * line break.
 */
export async function sendMessage(page: Page, text: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill(text);
  // The button is enabled when the conversation has been loaded.
  await page.locator(".send:enabled").waitFor();
  if ((await field.getAttribute("enterkeyhint")) === "send") await field.press("Enter");
  else await page.getByRole("button", { name: "Send" }).click();
}

/** Finds the message bubble with this text. */
export function bubble(page: Page, text: string): Locator {
  return page.locator(".bubble", { hasText: text });
}

/** Waits until a message shows this delivery status. */
export async function waitForStatus(page: Page, text: string, words: "Sending" | "Sent" | "Delivered" | "Read"): Promise<void> {
  await bubble(page, text).locator(`.ticks[title="${words}"]`).waitFor();
}

/** All axe rules for WCAG 2.2 A and AA, and axe's best practices. */
const RULES = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"] },
  rules: { "target-size": { enabled: true } },
};

/** Takes a screenshot and checks the page with axe. Any finding fails the test. */
export async function checkAccessibility(page: Page, name: string): Promise<void> {
  // Every page has a heading. Before it is there the page has not started.
  await page.locator("h1").first().waitFor({ state: "attached" });
  // Wait until fade-in animations are over.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((each) => each.effect?.getTiming().iterations === 1).map((each) => each.finished)));
  mkdirSync(RESULTS, { recursive: true });
  await page.screenshot({ path: resolve(RESULTS, `${name}.png`) });
  await page.evaluate(`${AXE}; undefined`);
  const { violations } = await page.evaluate((rules) => (globalThis as unknown as { axe: { run(page: Document, rules: object): Promise<AxeResults> } }).axe.run(document, rules), RULES);
  const findings = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`);
  expect(findings, name).toEqual([]);
}
