import { Hourglass } from "lucide-react";
import type { ConversationId, Desk } from "../../protocol.ts";
import { fullTime } from "../format.ts";
import { useDecide } from "./deciding.ts";
import { useServerTime } from "./server-time.ts";
import { length } from "./when.ts";

/** How long the customer has been waiting, with a button for an admin who will not answer. */
export function Waiting({ id, desk: { waitingSince } }: { id: ConversationId; desk: Desk }) {
  const decide = useDecide(id);
  const now = useServerTime();
  if (waitingSince === undefined) return null;
  const waited = now - Date.parse(waitingSince);
  return (
    <p className="desk-fact">
      <Hourglass size={16} aria-hidden />
      <span title={fullTime(waitingSince)}>{waited < 60_000 ? "Waiting for an answer" : `Waiting for ${length(waited)}`}</span>
      <button type="button" className="link-button" onClick={() => decide({ settle: {} })}>
        No answer needed
      </button>
    </p>
  );
}
