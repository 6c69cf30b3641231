import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { bubble, sendMessage, startConversation, waitForStatus } from "./steps.ts";
import { browserSetup } from "./setup.ts";

const setup = browserSetup();

/** The number of timed messages. It is below the rate limit of one sender. */
const TIMED_MESSAGES = 18;

test("the first load has less than 150 KB of compressed script", async () => {
  const { url } = setup.system;
  const html = await (await fetch(url)).text();
  const scripts = [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, path]) => path ?? "");
  expect(scripts.length).toBeGreaterThan(0);
  const sizes = await Promise.all(scripts.map(async (path) => gzipSync(await (await fetch(url + path)).text()).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  process.stderr.write(`first load: ${(total / 1000).toFixed(1)} KB of compressed script\n`);
  expect(total).toBeLessThan(150_000);
});

/** Records when each text first appears in a bubble, in milliseconds since 1970. */
async function recordAppearance(page: Page): Promise<void> {
  await page.evaluate(() => {
    const shown: Record<string, number> = {};
    Object.assign(globalThis, { shown });
    new MutationObserver(() => {
      for (const each of document.querySelectorAll(".bubble .body")) shown[each.textContent] ??= performance.timeOrigin + performance.now();
    }).observe(document.body, { subtree: true, childList: true });
  });
}

/** Records when Enter was pressed for each text, in milliseconds since 1970. */
async function recordEnter(page: Page): Promise<void> {
  await page.evaluate(() => {
    const pressed: Record<string, number> = {};
    Object.assign(globalThis, { pressed });
    const note = (event: KeyboardEvent) => {
      if (event.key === "Enter" && event.target instanceof HTMLTextAreaElement) pressed[event.target.value] = performance.timeOrigin + performance.now();
    };
    addEventListener("keydown", note, { capture: true });
  });
}

/** Counts what a page sends: frames by action, messages and other requests. And the events that it gets. */
function countTraffic(page: Page): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (kind: string) => counts.set(kind, (counts.get(kind) ?? 0) + 1);
  page.on("request", (request) => {
    if (!request.url().includes("/api/")) return;
    count(request.method() === "POST" && request.url().endsWith("/messages") ? "message" : "request");
  });
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => count((JSON.parse(String(payload)) as { action: string }).action));
    socket.on("framereceived", ({ payload }) => count(`got ${String(payload) === "" ? "nothing" : (JSON.parse(String(payload)) as { event: string }).event}`));
  });
  return counts;
}

test("a message takes one request and no frame, and a receipt no answer; their latency is printed", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  const [fromMia, fromGrace] = [countTraffic(mia), countTraffic(grace)];
  await startConversation(mia, grace);
  // What the conversation's opening sends is sent before anything is counted.
  await sendMessage(mia, "Hello.");
  await waitForStatus(mia, "Hello.", "Read");
  await recordEnter(mia);
  await recordAppearance(grace);
  for (const counts of [fromMia, fromGrace]) counts.clear();
  for (let count = 1; count <= TIMED_MESSAGES; count += 1) {
    await sendMessage(mia, `Timed ${count}.`);
    await bubble(grace, `Timed ${count}.`).waitFor();
    // Wait until all effects of this message are over, as between messages of a person.
    await waitForStatus(mia, `Timed ${count}.`, "Read");
  }
  process.stderr.write(`traffic of ${TIMED_MESSAGES} messages: ${JSON.stringify([...fromMia])}, of who reads them ${JSON.stringify([...fromGrace])}\n`);
  const pressed = await mia.evaluate(() => (globalThis as unknown as { pressed: Record<string, number> }).pressed);
  const shown = await grace.evaluate(() => (globalThis as unknown as { shown: Record<string, number> }).shown);
  const times = Object.entries(pressed)
    .map(([text, at]) => (shown[text] ?? Number.POSITIVE_INFINITY) - at)
    .sort((one, other) => one - other);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  process.stderr.write(`window to window: median ${median.toFixed(0)} ms, fastest ${times[0]?.toFixed(0)} ms, slowest ${times.at(-1)?.toFixed(0)} ms\n`);
  // The times are printed, not asserted, because they depend on the machine. The number of frames
  // and requests does not.
  expect(times.filter(Number.isFinite)).toHaveLength(TIMED_MESSAGES);
  expect(fromMia.get("message")).toBe(TIMED_MESSAGES);
  expect(fromMia.get("send_message")).toBeUndefined();
  // What the answer brings is not pushed as well.
  expect(fromMia.get("got new_message")).toBeUndefined();
  expect(fromGrace.get("got new_message")).toBe(TIMED_MESSAGES);
  expect(fromGrace.get("message_read")).toBe(TIMED_MESSAGES);
  expect(fromMia.get("got message_read")).toBe(TIMED_MESSAGES);
  for (const counts of [fromMia, fromGrace]) {
    for (const [kind, count] of counts) expect(count, kind).toBeLessThanOrEqual(TIMED_MESSAGES);
    // The second sync after a new connection, and the views, may be asked for during the test: for a
    // time, never for a message.
    expect(counts.get("request") ?? 0).toBeLessThanOrEqual(TIMED_MESSAGES / 3);
    // Only pings and the like are answered.
    expect(counts.get("got ack") ?? 0).toBeLessThanOrEqual(3);
  }
});
