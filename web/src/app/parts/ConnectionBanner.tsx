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
            ? "You are offline. You can go on writing; messages go out when the connection is back."
            : `You are offline. ${waiting === 1 ? "One message waits" : `${waiting} messages wait`} and will go out when the connection is back.`}
        </p>
      )}
      {connection === "expired" && (
        <p className="banner">
          <LogOut size={18} aria-hidden />
          You are no longer logged in: nothing new comes here.
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
      This browser has no room to keep your messages: leave this page open until they are sent.
    </p>
  );
}

function NotSent() {
  const count = useChat((state) => state.outbox.filter((unsent) => unsent.failed !== undefined).length);
  const first = useChat((state) => state.outbox.find((unsent) => unsent.failed !== undefined)?.conversationId);
  if (first === undefined) return null;
  return (
    <p className="banner banner-failed">
      <CircleAlert size={18} aria-hidden />
      {count === 1 ? "A message was not sent." : `${count} messages were not sent.`}
      <ChatLink id={first}>Go to {count === 1 ? "it" : "the first"}</ChatLink>
    </p>
  );
}
