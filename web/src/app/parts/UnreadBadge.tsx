/** A badge with an unread count as `unreadText` formats it. Shows nothing if the text is empty. */
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
