import type { Conversation } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { ago } from "../format.ts";

/** Whether the other side is there: the shop for a customer, the customer for an admin. */
export function Presence({ conversation }: { conversation: Conversation }) {
  const isAdmin = useChat((state) => state.me.role === "admin");
  const live = useChat((state) => state.link === "online");
  const shop = useChat((state) => state.shop);
  const customer = conversation.participants.find((participant) => participant.role === "customer");
  const there = isAdmin ? customer : shop;
  const who = isAdmin ? conversation.customerName : "The shop";
  if (!live || there?.online === undefined) return <span className="presence">{who}</span>;
  return (
    <span className="presence" data-online={there.online || undefined}>
      <span className="dot" aria-hidden />
      {there.online
        ? `${who} is online`
        : there.lastSeenAt === undefined
          ? `${who} is offline`
          : `${who} was here ${ago(there.lastSeenAt)}`}
    </span>
  );
}
