import { AlarmClock } from "lucide-react";
import type { ConversationId, Desk } from "../../protocol.ts";
import { useDecide } from "./deciding.ts";
import { useTicking } from "./ticking.ts";
import { when } from "./when.ts";

/** Until when the conversation is snoozed, with a button that ends it. */
export function Snoozed({ id, desk: { snooze } }: { id: ConversationId; desk: Desk }) {
  const decide = useDecide(id);
  const words = useTicking((now) => (snooze?.until === undefined ? "Snoozed until the customer writes" : `Snoozed until ${when(snooze.until, now)}`));
  if (snooze === undefined) return null;
  return (
    <p className="desk-fact">
      <AlarmClock size={16} aria-hidden />
      <span>{words}</span>
      <button type="button" className="link-button" onClick={() => decide({ wake: {} })}>
        Wake now
      </button>
    </p>
  );
}
