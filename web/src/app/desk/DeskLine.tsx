import type { DeskEntry } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { fullTime, time } from "../format.ts";
import { useToday } from "../now.ts";
import { lineOf } from "./entry-words.ts";
import { useNames } from "./shop.ts";

/** An entry of the shop's log that is not a note, as a quiet line between the messages. */
export function DeskLine({ entry }: { entry: DeskEntry }) {
  const me = useChat((state) => state.me);
  const today = useToday();
  const line = lineOf(entry, { me, ...useNames(), now: today });
  if (line === undefined) return null;
  return (
    <p className="system system-quiet desk-line">
      <span>
        {line.map((part, index) => (typeof part === "string" ? part : <bdi key={index}>{part.name}</bdi>))}
        {" · "}
        <time dateTime={entry.createdAt} title={fullTime(entry.createdAt)}>
          {time(entry.createdAt)}
        </time>
      </span>
    </p>
  );
}
