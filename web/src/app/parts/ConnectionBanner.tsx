import { CloudOff, LoaderCircle, LogOut } from "lucide-react";
import { useChat } from "../chat-context.ts";

/** Says when the page is not live, and that it goes on working. */
export function ConnectionBanner() {
  const link = useChat((state) => state.connection);
  const waiting = useChat((state) => state.outbox.filter((unsent) => unsent.failed === undefined).length);
  return (
    <div role="status">
      {link === "offline" && (
        <p className="banner">
          <CloudOff size={18} aria-hidden />
          {waiting === 0
            ? "You are offline. You can go on writing; messages go out when the connection is back."
            : `You are offline. ${waiting === 1 ? "One message waits" : `${waiting} messages wait`} and will go out when the connection is back.`}
        </p>
      )}
      {link === "expired" && (
        <p className="banner">
          <LogOut size={18} aria-hidden />
          You are no longer logged in: nothing new comes here.
        </p>
      )}
      {link === "connecting" && (
        <p className="banner banner-quiet">
          <LoaderCircle size={18} className="spin" aria-hidden />
          Connecting…
        </p>
      )}
    </div>
  );
}
