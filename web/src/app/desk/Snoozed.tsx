import { AlarmClock } from "lucide-react";
import type { ConversationId, Desk } from "../../protocol.ts";
import { useDecide } from "./deciding.ts";
import { useServerTime } from "./server-time.ts";
import { when } from "./when.ts";

/** Until when the conversation is snoozed, with a button that ends it. */
export function Snoozed({ id, desk: { snooze } }: { id: ConversationId; desk: Desk }) {
  const decide = useDecide(id);
  const now = useServerTime();
  if (snooze === undefined) return null;
  return (
    <p className="desk-fact">
      <AlarmClock size={16} aria-hidden />
      <span>{snooze.until === undefined ? "Snoozed until the customer writes" : `Snoozed until ${when(snooze.until, now)}`}</span>
      <button type="button" className="link-button" onClick={() => decide({ wake: {} })}>
        Wake now
      </button>
    </p>
  );
}
