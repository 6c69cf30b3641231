import type { Conversation } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { ago } from "../format.ts";
import { useMinute } from "../now.ts";

/** Whether the other side is there: the shop for a customer, the customer for an admin. */
export function Presence({ conversation }: { conversation: Conversation }) {
  const isAdmin = useChat((state) => state.me.role === "admin");
  const live = useChat((state) => state.connection === "online");
  const shop = useChat((state) => state.shop);
  // By the clock of the server, whose moment it is.
  const clockOffset = useChat((state) => state.clockOffset);
  const now = useMinute() + clockOffset;
  const customer = conversation.participants.find((participant) => participant.role === "customer");
  const there = isAdmin ? customer : shop;
  const who = isAdmin ? <bdi>{conversation.customerName}</bdi> : "The shop";
  if (!live || there?.online === undefined) return <span className="presence">{who}</span>;
  return (
    <span className="presence" data-online={there.online || undefined}>
      <span className="dot" aria-hidden />
      <span>
        {who} {there.online ? "is online" : there.lastSeenAt === undefined ? "is offline" : `was here ${ago(there.lastSeenAt, now)}`}
      </span>
    </span>
  );
}
