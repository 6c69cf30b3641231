import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { simulateHistory } from "./long-history.ts";
import { bubble, deferred, logIn, placeOrder } from "./steps.ts";
import { FAILED_REQUEST, browserSetup } from "./setup.ts";

const setup = browserSetup();

/** The number of messages to scroll through. */
const MESSAGE_COUNT = 5_000;

interface VisibleMessage {
  readonly seq: number;
  readonly top: number;
}

/** Returns the visible messages, from top to bottom. */
async function visibleMessages(page: Page): Promise<VisibleMessage[]> {
  return page.locator(".messages").evaluate((frame) => {
    const { top, bottom } = frame.getBoundingClientRect();
    return [...frame.querySelectorAll<HTMLElement>("[data-seq]")]
      .filter((each) => each.checkVisibility({ visibilityProperty: true }))
      .map((each) => ({ seq: Number(each.dataset["seq"]), top: each.querySelector(".bubble")?.getBoundingClientRect().top ?? 0, end: each.getBoundingClientRect().bottom }))
      .filter((each) => each.end > top && each.top < bottom)
      .sort((one, other) => one.seq - other.seq);
  });
}

/** Waits until the visible messages have not moved for three frames, and returns them. */
async function settledMessages(page: Page): Promise<VisibleMessage[]> {
  for (let [before, now] = [await visibleMessages(page), [] as VisibleMessage[]]; ; before = now) {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))));
    now = await visibleMessages(page);
    if (JSON.stringify(now) === JSON.stringify(before)) return now;
  }
}

/**
 * Returns how far each message that is still visible has moved, in pixels. All must have moved
 * equally.
 */
function movement(before: readonly VisibleMessage[], after: readonly VisibleMessage[]): number[] {
  return before.flatMap(({ seq, top }) => {
    const found = after.find((each) => each.seq === seq);
    return found === undefined ? [] : [found.top - top];
  });
}

const atEnd = (page: Page) =>
  page.locator(".messages").evaluate((frame) => Math.abs(frame.scrollHeight - frame.clientHeight - frame.scrollTop) <= 1);

test("scrolling up through 5,000 messages does not jump by a pixel, and one click goes to the newest", async () => {
  const { page } = await setup.windows.window();
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Desk lamp");
  let [asked, waits] = [0, deferred()];
  await simulateHistory(page, MESSAGE_COUNT, async () => {
    asked += 1;
    await waits.promise;
    return true;
  });
  await page.reload();
  await bubble(page, `Message ${MESSAGE_COUNT}.`).waitFor();
  await page.locator(".messages").hover();
  await page.locator(".messages").evaluate((frame) => frame.addEventListener("scroll", () => (frame.dataset["scrolledAt"] = String(performance.now()))));
  const oldest = () => page.locator(".messages li").first().getAttribute("aria-posinset").then(Number);

  let [checks, answered] = [0, 0];
  const lost: string[] = [];
  const check = (what: string, moved: number[], wanted: number) => {
    checks += 1;
    if (moved.length === 0 || moved.some((by) => Math.abs(by - wanted) > 1)) lost.push(`${what}: ${moved.map((by) => by.toFixed(1)).join(", ")} instead of ${wanted}`);
  };
  let sight = await settledMessages(page);
  while ((await oldest()) > 1 || (await page.locator(".messages").evaluate((frame) => frame.scrollTop)) > 0) {
    const top = await page.locator(".messages").evaluate((frame) => frame.scrollTop);
    if (asked > answered) {
      // An older page is being loaded. Let it arrive and check that nothing moves.
      const size = await page.locator(".messages").evaluate((frame) => frame.scrollHeight);
      sight = await settledMessages(page);
      // Pages arrive at different times around the moment at which the list notices that scrolling has ended.
      await page.waitForFunction(
        (after) => performance.now() - Number(document.querySelector<HTMLElement>(".messages")?.dataset["scrolledAt"]) > after,
        100 + (answered % 10) * 10,
      );
      waits.resolve();
      answered = asked;
      waits = deferred();
      await expect.poll(() => page.locator(".messages").evaluate((frame) => frame.scrollHeight)).toBeGreaterThan(size);
      const now = await settledMessages(page);
      check(`page ${answered}`, movement(sight, now), 0);
      sight = now;
      continue;
    }
    // Scroll by less than the visible height, so that some messages stay visible.
    const by = Math.min(300, top);
    await page.mouse.wheel(0, -300);
    await expect.poll(() => page.locator(".messages").evaluate((frame) => frame.scrollTop)).not.toBe(top);
    const now = await settledMessages(page);
    check(`wheel at ${sight[0]?.seq}`, movement(sight, now), by);
    sight = now;
    // The way is long, so most of it is skipped, as when the scrollbar is dragged.
    if (asked === answered && top > 6_000) {
      await page.locator(".messages").evaluate((frame) => (frame.scrollTop = 2_500));
      sight = await settledMessages(page);
    }
  }
  process.stderr.write(`5,000 messages: ${checks} checks, ${lost.length} lost their place, ${asked} pages\n`);
  expect(lost).toEqual([]);
  expect(asked).toBe(Math.ceil((MESSAGE_COUNT - 50) / 100));

  await page.getByRole("button", { name: "Go to newest" }).click();
  await settledMessages(page);
  expect(await atEnd(page)).toBe(true);
  expect(await bubble(page, `Message ${MESSAGE_COUNT}.`).isVisible()).toBe(true);
  await page.getByRole("button", { name: "Go to newest" }).waitFor({ state: "detached" });
}, 300_000);

test("older messages that cannot be loaded show an error, are requested once, and load on retry", async () => {
  setup.allowConsoleMessages(FAILED_REQUEST);
  const { page } = await setup.windows.window();
  await logIn(page, "Mia Berger");
  await placeOrder(page, "Desk lamp");
  let [asked, works] = [0, false];
  await simulateHistory(page, 400, async () => {
    asked += 1;
    return works;
  });
  await page.reload();
  await bubble(page, "Message 400.").waitFor();
  const list = page.locator(".messages");
  for (let step = 0; step < 20; step += 1) await list.evaluate((frame) => frame.scrollBy(0, -400));
  await list.evaluate((frame) => (frame.scrollTop = 0));
  await page.getByText("Older messages could not be loaded.").waitFor();
  for (let step = 0; step < 10; step += 1) {
    await list.evaluate((frame, to) => (frame.scrollTop = to), step % 2 === 0 ? 300 : 0);
    await settledMessages(page);
  }
  expect(asked).toBe(1);
  works = true;
  const sight = await settledMessages(page);
  await page.locator(".older").getByRole("button", { name: "Try again" }).click();
  await page.getByText("Older messages could not be loaded.").waitFor({ state: "detached" });
  await expect.poll(() => list.evaluate((frame) => frame.scrollTop)).toBeGreaterThan(1_000);
  expect(movement(sight, await settledMessages(page)).every((by) => Math.abs(by) <= 1)).toBe(true);
});
