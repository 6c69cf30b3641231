import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { EMPTY_TIMELINE, oldestSeq } from "../../client/index.ts";
import type { ConversationId } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import type { Row } from "./rows.ts";

/** A message is marked for this time after a jump to it, in milliseconds. */
const MARKED_TIME = 2_000;

/** Returns a function that scrolls to a message, and loads what lies between if necessary. */
export function useGoTo(id: ConversationId, rows: readonly Row[], toRow: (index: number) => void) {
  const client = useClient();
  const [target, setTarget] = useState<number>();
  const [marked, setMarked] = useState<number>();
  const [going, setGoing] = useState<"loading" | "failed">();
  const latest = useRef<number>(undefined);
  const goTo = useCallback(
    (seq: number) => {
      latest.current = seq;
      // While pages are loaded, the person can choose another message.
      const isLatest = () => latest.current === seq;
      const oldest = () => oldestSeq(client.state.timelines.get(id) ?? EMPTY_TIMELINE) ?? 1;
      const load = async () => {
        for (let before = Number.POSITIVE_INFINITY; isLatest() && oldest() > seq && oldest() < before; ) {
          before = oldest();
          setGoing("loading");
          await client.loadOlder(id);
        }
      };
      load().then(
        () => {
          if (!isLatest()) return;
          setGoing(undefined);
          setTarget(seq);
        },
        () => isLatest() && setGoing("failed"),
      );
    },
    [client, id],
  );
  useLayoutEffect(() => {
    const index = target === undefined ? -1 : rows.findIndex((row) => row.message?.seq === target);
    if (index === -1) return;
    toRow(index);
    setMarked(target);
    setTarget(undefined);
  }, [target, rows, toRow]);
  useEffect(() => {
    if (marked === undefined) return;
    const timer = setTimeout(() => setMarked(undefined), MARKED_TIME);
    // The row is rendered, measured and shown in one of the next frames.
    let frame = 0;
    const focus = () => {
      const more = document.querySelector<HTMLElement>(`[data-seq="${marked}"] .more`);
      more?.focus({ preventScroll: true });
      if (more === null || document.activeElement !== more) frame = requestAnimationFrame(focus);
    };
    focus();
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  }, [marked]);
  useEffect(() => {
    if (going !== "failed") return;
    const timer = setTimeout(() => setGoing(undefined), 2 * MARKED_TIME);
    return () => clearTimeout(timer);
  }, [going]);
  return { marked, going, goTo };
}
