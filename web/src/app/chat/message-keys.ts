import type { FocusEvent, KeyboardEvent } from "react";

/**
 * The keyboard in the list of messages. Tab reaches one message: the last visible one, or the one
 * that had the focus last. The up and down arrow keys move to another message, left and right to the
 * buttons of one message.
 */
export const messageKeys = { onFocus, onKeyDown };

const STEPS: Readonly<Record<string, { selector: string; by: number }>> = {
  ArrowUp: { selector: ".more", by: -1 },
  ArrowDown: { selector: ".more", by: 1 },
  ArrowLeft: { selector: "button", by: -1 },
  ArrowRight: { selector: "button", by: 1 },
};

function onFocus({ currentTarget: list, target }: FocusEvent<HTMLElement>): void {
  const focused = target.closest(".line")?.querySelector<HTMLElement>(".more");
  const { bottom } = list.getBoundingClientRect();
  const visible = [...list.querySelectorAll<HTMLElement>(".more")].filter((each) => each.getBoundingClientRect().top < bottom);
  const next = focused ?? visible.at(-1);
  if (next === undefined || (target === list && list.querySelector('.more[tabindex="0"]') !== null && isVisible(list))) return;
  for (const each of list.querySelectorAll<HTMLElement>('.more[tabindex="0"]')) each.tabIndex = -1;
  next.tabIndex = 0;
}

/** Returns true if the message that Tab reaches is visible. */
function isVisible(list: HTMLElement): boolean {
  const [area, at] = [list.getBoundingClientRect(), list.querySelector('.more[tabindex="0"]')?.getBoundingClientRect()];
  return at !== undefined && at.top >= area.top && at.bottom <= area.bottom;
}

function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  const { currentTarget: list, target } = event;
  const line = target instanceof HTMLButtonElement ? target.closest(".line") : null;
  if (step === undefined || line === null || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = [...(step.selector === "button" ? line : list).querySelectorAll<HTMLElement>(step.selector)];
  const from = step.selector === "button" ? (target as HTMLElement) : line.querySelector<HTMLElement>(".more");
  const next = from === null ? undefined : all[all.indexOf(from) + step.by];
  event.preventDefault();
  next?.focus();
  if (step.selector === ".more") next?.closest(".line")?.scrollIntoView({ block: "nearest" });
}
