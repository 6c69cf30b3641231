import { RotateCw } from "lucide-react";
import { useCallback, useRef, useState } from "react";
import { useClient } from "../chat-context.ts";

/** The state of loading older messages. */
export type Older = "idle" | "loading" | "failed";

/** Loads older messages page by page. After a failure only `again` loads them. */
export function useOlder(id: string): { older: Older; load: () => void; again: () => void } {
  const client = useClient();
  const [older, setOlder] = useState<Older>("idle");
  const now = useRef<Older>("idle");
  const update = useCallback((next: Older) => setOlder((now.current = next)), []);
  const start = useCallback(() => {
    if (client.state.timelines.get(id)?.hasOlder !== true) return;
    update("loading");
    client.loadOlder(id).then(() => update("idle"), () => update("failed"));
  }, [client, id, update]);
  const load = useCallback(() => {
    if (now.current === "idle") start();
  }, [start]);
  return { older, load, again: start };
}

/** The area above the oldest loaded message. */
export function OlderMessages({ older, again }: { older: Older; again: () => void }) {
  return (
    <div className="older" role="status">
      {older === "loading" && (
        <>
          <RotateCw className="turning" size={16} aria-hidden />
          Loading older messages…
        </>
      )}
      {older === "failed" && (
        <>
          Older messages could not be loaded.
          <button type="button" className="link-button" onClick={again}>
            Try again
          </button>
        </>
      )}
    </div>
  );
}
