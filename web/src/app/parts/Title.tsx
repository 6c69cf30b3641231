import { useChat } from "../chat-context.ts";

/** The window's title: how much is unread, for whoever looks at another one. */
export function Title() {
  const unread = useChat((state) => {
    let sum = 0;
    for (const entry of state.conversations.values()) sum += entry.unread;
    return sum;
  });
  return <title>{unread === 0 ? "Order chat" : `(${unread}) Order chat`}</title>;
}
