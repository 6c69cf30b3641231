import { useEffect, useRef, useState } from "react";
import type { BulkAction, ConversationId } from "../../protocol.ts";
import { uuid } from "../browser.ts";
import { useClient } from "../chat-context.ts";
import { type BulkProgress, BulkRun } from "./run.ts";

/** A bulk action of the page. */
export interface UsedRun {
  /** Undefined before the start. */
  readonly progress: BulkProgress | undefined;
  /** True while leaving the page would leave it half done. */
  readonly running: boolean;
  readonly start: (ids: readonly ConversationId[], action: BulkAction) => void;
  readonly stop: () => void;
  /** Goes on after {@link stop}. */
  readonly resume: () => void;
  /** Tries those that have failed again. */
  readonly again: () => void;
}

/** Runs a bulk action. The browser asks before it leaves the page meanwhile. */
export function useRun(): UsedRun {
  const client = useClient();
  const run = useRef<BulkRun>(undefined);
  const [progress, setProgress] = useState<BulkProgress>();
  const running = progress !== undefined && progress.state !== "finished" && progress.state !== "stopped";
  useEffect(() => {
    if (!running) return;
    const leaving = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", leaving);
    return () => removeEventListener("beforeunload", leaving);
  }, [running]);
  useEffect(() => () => run.current?.stop(), []);
  return {
    progress,
    running,
    start: (conversationIds, action) => {
      run.current = new BulkRun({
        id: uuid(),
        conversationIds,
        action,
        send: (request) => client.api.admin.bulk(request),
        random: Math.random,
        changed: setProgress,
      });
      void run.current.start();
    },
    stop: () => run.current?.stop(),
    resume: () => void run.current?.start(),
    again: () => void run.current?.again(),
  };
}
