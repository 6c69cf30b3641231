import { useChat } from "../chat-context.ts";
import { useNow } from "../now.ts";

/** Returns the server's time, to a few seconds, in milliseconds since 1970. */
export function useServerTime(): number {
  const offset = useChat((state) => state.clockOffset);
  return useNow() + offset;
}
