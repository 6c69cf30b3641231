import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { simulateHistory } from "./long-history.ts";
import { Operations } from "./operations.ts";
import { bubble, logIn, placeOrder, sendMessage, startConversation, waitForFrame, waitForStatus } from "./steps.ts";
import { browserSetup } from "./setup.ts";

const setup = browserSetup();

/**
 * Returns true if the whole bubble with this text is within the list's visible area, within one
 * pixel.
 */
async function isFullyVisible(page: Page, text: string): Promise<boolean> {
  const [frame, found] = await Promise.all([page.locator(".messages").boundingBox(), bubble(page, text).boundingBox()]);
  return frame !== null && found !== null && found.y > frame.y - 1 && found.y + found.height < frame.y + frame.height + 1;
}

const top = (page: Page) => page.locator(".messages").evaluate((list) => list.scrollTop);

test("older messages load on scrolling up without a jump, and a button goes to the newest", async () => {
  const { page: mia } = await setup.windows.window();
  const { page: grace } = await setup.windows.window();
  await startConversation(mia, grace);
  for (let count = 1; count <= 18; count += 1) {
    await sendMessage(mia, `Line ${count}\nwith\nmore\nlines`);
    // The list keeps its unread line in place for a moment after it was opened.
    if (count <= 3) await waitForStatus(mia, `Line ${count}`, "Read");
  }
  await bubble(grace, "Line 18").waitFor();
  // The list follows the newest message.
  await expect.poll(() => isFullyVisible(grace, "Line 18")).toBe(true);
  await bubble(mia, "Line 18").locator('.ticks[title="Read"]').waitFor();

  await grace.locator(".messages").evaluate((list) => (list.scrollTop -= 900));
  await grace.getByRole("button", { name: "Go to newest" }).waitFor();
  await grace.waitForTimeout(300);
  const reading = await top(grace);
  await sendMessage(mia, "While you read older ones");
  await grace.getByRole("button", { name: "1 new message" }).waitFor();
  expect(Math.abs((await top(grace)) - reading)).toBeLessThanOrEqual(1);
  // A message that is not visible is not read.
  await bubble(mia, "While you read older ones").locator('.ticks[title="Delivered"]').waitFor();
  await grace.getByRole("button", { name: "1 new message" }).click();
  await bubble(grace, "While you read older ones").waitFor();
  await bubble(mia, "While you read older ones").locator('.ticks[title="Read"]').waitFor();
});

/** Matches the function that renders a stored message. Only that function has this class name. */
const BUBBLE = /["'`]author["'`]/;

interface ScrollCosts {
  readonly layouts: number;
  readonly styles: number;
  readonly nodes: number;
  readonly calls: number;
  /** Calls of the function that renders a bubble, and rows that were mounted. */
  readonly renders: number;
  readonly rows: number;
  /** Calls of the function that renders a bubble, when one message was added at the end. */
  readonly added: number;
  /** The number of mounted bubbles at that moment. */
  readonly mounted: number;
}

/** The number of scroll steps, and the length of one step in pixels. */
const [STEPS, STEP] = [100, 240];

/**
 * Loads a whole conversation of `many` messages, scrolls through a part of it, sends a message, and
 * counts the work.
 */
async function measureScrolling(many: number): Promise<ScrollCosts> {
  const { page } = await setup.windows.window();
  await logIn(page, "Jonas Keller");
  await placeOrder(page, "Wall clock");
  await simulateHistory(page, many);
  await page.reload();
  await bubble(page, `Message ${many}.`).waitFor();
  const list = page.locator(".messages");
  const atTheTop = async () => {
    await list.evaluate((frame) => {
      frame.scrollTop = 0;
    });
    return bubble(page, "Message 1.").first().isVisible();
  };
  await expect.poll(atTheTop, { timeout: 60_000, interval: 20 }).toBe(true);

  const operations = await Operations.of(page);
  const before = await operations.counts();
  let [rows, times] = [0, [] as number[]];
  const { all, marked } = await operations.calls(BUBBLE, async () => {
    ({ rows, times } = await list.evaluate(
      async (frame, { steps, step }) => {
        const frames = [];
        const mounted = () => [...frame.querySelectorAll<HTMLElement>("[data-seq]")].map((each) => each.dataset["seq"] ?? "");
        const seen = new Set(mounted());
        const begun = seen.size;
        for (let [count, last] = [0, performance.now()]; count < steps; count += 1) {
          frame.scrollTop += step;
          await new Promise((done) => requestAnimationFrame(done));
          frames.push(performance.now() - last);
          last = performance.now();
          for (const seq of mounted()) seen.add(seq);
        }
        return { rows: seen.size - begun, times: frames.sort((one, other) => one - other) };
      },
      { steps: STEPS, step: STEP },
    ));
  });
  const after = await operations.counts();
  await page.getByRole("button", { name: "Go to newest" }).click();
  await bubble(page, `Message ${many}.`).waitFor();
  // Rows around the visible area are rendered after scrolling has stopped.
  await expect.poll(() => page.locator(".bubble").count()).toBeGreaterThan(5);
  await waitForFrame(page);
  const mounted = await page.locator(".bubble").count();
  const added = await operations.calls(BUBBLE, async () => {
    await sendMessage(page, "One more");
    await bubble(page, "One more").waitFor();
  });
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  process.stderr.write(`${many} messages, time between frames: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, worst ${at(0.99)} ms\n`);
  return {
    layouts: after.LayoutCount - before.LayoutCount,
    styles: after.RecalcStyleCount - before.RecalcStyleCount,
    nodes: after.Nodes,
    calls: all,
    renders: marked,
    rows,
    added: added.marked,
    mounted,
  };
}

test("scrolling through 10,000 messages costs no more than through 500 and renders each message once", async () => {
  // The server does not know the simulated messages, so it refuses the message after them.
  setup.allowConsoleMessages(/status of 422/);
  const [few, many] = [await measureScrolling(500), await measureScrolling(10_000)];
  process.stderr.write(`500: ${JSON.stringify(few)}\n10,000: ${JSON.stringify(many)}\n`);
  for (const what of ["layouts", "styles", "nodes"] as const) {
    expect(few[what], what).toBeGreaterThan(0);
    expect(many[what] / few[what], what).toBeLessThan(1.5);
  }
  // Measuring a row sums the heights of all rows, which takes one call for each message. Other work
  // must not grow with the number of messages.
  expect((many.calls - few.calls) / STEPS / (10_000 - 500)).toBeLessThan(1.25);
  for (const { renders, rows, added, mounted } of [few, many]) {
    expect(rows).toBeGreaterThan(100);
    expect(renders / rows).toBeLessThan(1.5);
    expect(added).toBeLessThan(2 * mounted);
  }
}, 180_000);
