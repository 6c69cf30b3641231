import { CircleCheck } from "lucide-react";
import { useEffect, useRef } from "react";
import { useChat } from "../chat-context.ts";
import { orderNumber } from "../format.ts";
import { ChatLink } from "../parts/ChatLink.tsx";
import { conversations, counted } from "./actions.tsx";
import type { BulkFailure, BulkProgress } from "./run.ts";

/** How far a bulk action has come, and at the end what has failed. */
export function Progress({
  progress,
  onStop,
  onResume,
  onAgain,
  onClose,
}: {
  progress: BulkProgress;
  onStop: () => void;
  onResume: () => void;
  onAgain: () => void;
  onClose: () => void;
}) {
  const { total, done, failed, state } = progress;
  const isOver = state === "finished" || state === "stopped";
  const settled = done + failed.length;
  const first = useRef<HTMLButtonElement>(null);
  // The button that had the focus is gone.
  useEffect(() => first.current?.focus(), [isOver]);
  return (
    <div className="bulk-progress">
      <progress max={total} value={settled} aria-label="Progress" />
      <p role="status">
        {state === "finished" && failed.length === 0 && <CircleCheck size={18} aria-hidden />}
        {wordsOf(progress)}
      </p>
      {isOver && failed.length > 0 && <Failures failed={failed} onOpen={onClose} />}
      <div className="dialog-buttons">
        {!isOver && (
          <button ref={first} type="button" className="button" aria-disabled={state === "stopping" || undefined} onClick={onStop}>
            {state === "stopping" ? "Stopping…" : "Stop"}
          </button>
        )}
        {isOver && (
          <button ref={state === "finished" && failed.length === 0 ? first : undefined} type="button" className="button" onClick={onClose}>
            Close
          </button>
        )}
        {isOver && failed.length > 0 && (
          <button ref={state === "finished" ? first : undefined} type="button" className={state === "finished" ? "button button-primary" : "button"} onClick={onAgain}>
            Try these again
          </button>
        )}
        {state === "stopped" && (
          <button ref={first} type="button" className="button button-primary" onClick={onResume}>
            Go on with {conversations(total - settled)}
          </button>
        )}
      </div>
    </div>
  );
}

function wordsOf({ total, done, failed, state }: BulkProgress): string {
  const sofar = `Done in ${counted(done)} of ${conversations(total)}.`;
  if (state === "waiting") return `${sofar} The server does not answer. Trying again…`;
  if (state === "stopped") return `Stopped. ${sofar}`;
  if (state === "finished" && failed.length === 0) return `Done in ${conversations(total)}.`;
  return failed.length === 0 ? sofar : `${sofar} ${counted(failed.length)} could not be done.`;
}

/** The conversations in which it was not done, by reason. */
function Failures({ failed, onOpen }: { failed: readonly BulkFailure[]; onOpen: () => void }) {
  const held = useChat((state) => state.conversations);
  const reasons = [...new Set(failed.map(({ reason }) => reason))];
  return (
    <div className="bulk-failures" role="group" aria-label="Not done">
      {reasons.map((reason) => (
        <section key={reason}>
          <h3>{reason}</h3>
          <ul>
            {failed
              .filter((each) => each.reason === reason)
              .map(({ conversationId: id }) => {
                const conversation = held.get(id)?.conversation;
                return (
                  <li key={id}>
                    <ChatLink id={id} onOpen={onOpen}>
                      {orderNumber(id)}
                      {conversation !== undefined && (
                        <>
                          {" "}
                          of <bdi>{conversation.customerName}</bdi>
                        </>
                      )}
                    </ChatLink>
                  </li>
                );
              })}
          </ul>
        </section>
      ))}
    </div>
  );
}
