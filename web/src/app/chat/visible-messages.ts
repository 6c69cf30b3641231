/** A message in the list and the position of its lower edge, in pixels. */
export interface VisibleMessage {
  readonly seq: number;
  readonly bottom: number;
}

/** Returns the `seq` of the last message whose lower edge is visible. */
export function lastVisibleSeq(messages: readonly VisibleMessage[], frameBottom: number): number | undefined {
  const seen = messages.filter(({ bottom }) => bottom <= frameBottom + 1).map(({ seq }) => seq);
  return seen.length === 0 ? undefined : Math.max(...seen);
}
