/** A message in the frame of the list, with where it ends, in pixels. */
export interface OnScreen {
  readonly seq: number;
  readonly bottom: number;
}

/** The last message whose end is in sight: as far as somebody who looks has read. */
export function lastSeen(messages: readonly OnScreen[], frameBottom: number): number | undefined {
  const seen = messages.filter(({ bottom }) => bottom <= frameBottom + 1).map(({ seq }) => seq);
  return seen.length === 0 ? undefined : Math.max(...seen);
}
