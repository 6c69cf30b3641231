/** A number of unread messages as `unreadText` has it; nothing if that is empty. */
export function UnreadBadge({ text, where = "" }: { text: string; where?: string }) {
  if (text === "") return null;
  return (
    <span className="unread">
      <span aria-hidden>{text}</span>
      <span className="visually-hidden">
        {text.replace("+", " or more")} unread{where}
      </span>
    </span>
  );
}
