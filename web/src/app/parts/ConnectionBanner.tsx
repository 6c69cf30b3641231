import { CircleAlert, CloudOff, LoaderCircle, LogOut, Save } from "lucide-react";
import { useChat } from "../chat-context.ts";
import { ChatLink } from "./ChatLink.tsx";

/**
 * Shows that the page is offline or connecting, how many messages are waiting, and whether messages
 * failed.
 */
export function ConnectionBanner() {
  const connection = useChat((state) => state.connection);
  const waiting = useChat((state) => state.outbox.filter((unsent) => unsent.failed === undefined).length);
  return (
    <div role="status">
      <NotSent />
      <Unstored />
      {connection === "offline" && (
        <p className="banner">
          <CloudOff size={18} aria-hidden />
          {waiting === 0
            ? "You're offline. Messages will be sent when you're back."
            : `You're offline. ${waiting === 1 ? "One message" : `${waiting} messages`} will be sent when you're back.`}
        </p>
      )}
      {connection === "expired" && (
        <p className="banner">
          <LogOut size={18} aria-hidden />
          You're logged out. New messages are not shown.
        </p>
      )}
      {connection === "connecting" && (
        <p className="banner banner-quiet">
          <LoaderCircle size={18} className="spin" aria-hidden />
          Connecting…
        </p>
      )}
    </div>
  );
}

/** Warns that messages could not be stored and would be lost with the page. */
function Unstored() {
  const unstored = useChat((state) => state.unstored);
  if (!unstored) return null;
  return (
    <p className="banner">
      <Save size={18} aria-hidden />
      Your messages could not be saved in this browser. Keep this page open until they are sent.
    </p>
  );
}

function NotSent() {
  const outbox = useChat((state) => state.outbox);
  const notes = useChat((state) => state.pendingNotes);
  const failed = [...outbox, ...notes].filter((unsent) => unsent.failed !== undefined);
  const count = failed.length;
  const first = failed[0]?.conversationId;
  if (first === undefined) return null;
  return (
    <p className="banner banner-failed">
      <CircleAlert size={18} aria-hidden />
      {count === 1 ? "A message was not sent." : `${count} messages were not sent.`}
      <ChatLink id={first}>{count === 1 ? "Show message" : "Show first message"}</ChatLink>
    </p>
  );
}
