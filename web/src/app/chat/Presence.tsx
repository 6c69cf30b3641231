import type { Conversation } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { timeAgo } from "../format.ts";
import { useMinute } from "../now.ts";

/** The presence of the other side: the shop for a customer, the customer for an admin. */
export function Presence({ conversation }: { conversation: Conversation }) {
  const isAdmin = useChat((state) => state.me.role === "admin");
  const live = useChat((state) => state.connection === "online");
  const shop = useChat((state) => state.shop);
  // The last-seen time is the server's, so it is compared with the server's clock.
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
        {who} {there.online ? "is online" : there.lastSeenAt === undefined ? "is offline" : `was online ${timeAgo(there.lastSeenAt, now)}`}
      </span>
    </span>
  );
}
