import { useChat } from "../chat-context.ts";
import { unreadOf, unreadText } from "../unread.ts";

/** The document's title: the unread count and the name of the view. */
export function Title({ view }: { view: string }) {
  const unread = useChat((state) => unreadText(unreadOf(state)));
  return <title>{`${unread === "" ? "" : `(${unread}) `}${view} – Order chat`}</title>;
}
