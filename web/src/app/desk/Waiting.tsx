import { Hourglass } from "lucide-react";
import type { ConversationId, Desk } from "../../protocol.ts";
import { fullTime } from "../format.ts";
import { useDecide } from "./deciding.ts";
import { useTicking } from "./ticking.ts";
import { length } from "./when.ts";

/** How long the customer has been waiting, with a button for an admin who will not answer. */
export function Waiting({ id, desk: { waitingSince } }: { id: ConversationId; desk: Desk }) {
  const decide = useDecide(id);
  const words = useTicking((now) => (waitingSince === undefined ? undefined : waiting(now - Date.parse(waitingSince))));
  if (waitingSince === undefined) return null;
  return (
    <p className="desk-fact">
      <Hourglass size={16} aria-hidden />
      <span title={fullTime(waitingSince)}>{words}</span>
      <button type="button" className="link-button" onClick={() => decide({ settle: {} })}>
        No answer needed
      </button>
    </p>
  );
}

function waiting(waited: number): string {
  return waited < 60_000 ? "Waiting for an answer" : `Waiting for ${length(waited)}`;
}
