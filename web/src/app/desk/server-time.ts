import { useChat } from "../chat-context.ts";
import { useMinute } from "../now.ts";

/** Returns the server's time, a new one every minute, in milliseconds since 1970. */
export function useServerMinute(): number {
  useMinute();
  return Date.now() + useChat((state) => state.clockOffset);
}
