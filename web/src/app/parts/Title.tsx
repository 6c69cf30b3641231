import { useChat } from "../chat-context.ts";
import { unreadOf, unreadText } from "../unread.ts";

/** The window's title: how much is unread for whoever looks at another window, and which view this is. */
export function Title({ view }: { view: string }) {
  const unread = useChat((state) => unreadText(unreadOf(state)));
  return <title>{`${unread === "" ? "" : `(${unread}) `}${view} – Order chat`}</title>;
}
