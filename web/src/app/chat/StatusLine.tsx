import { isSamePerson } from "../../client/index.ts";
import type { ConversationStatus } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { fullTime, time } from "../format.ts";
import type { StatusChange } from "./rows.ts";

const DONE: Readonly<Record<ConversationStatus, string>> = {
  active: "reopened the conversation",
  archived: "archived the conversation",
  closed: "closed the conversation",
};

/** A change of the conversation's status, as a quiet line between the messages. */
export function StatusLine({ change: { by, to, createdAt } }: { change: StatusChange }) {
  const mine = useChat((state) => isSamePerson(state.me, by));
  return (
    <p className="system system-quiet">
      <span>
        {mine ? "You" : <bdi>{by.name}</bdi>}{" "}
        {/* A later release can have more statuses. */}
        {DONE[to] ?? "changed the conversation"}
        {" · "}
        <time dateTime={createdAt} title={fullTime(createdAt)}>
          {time(createdAt)}
        </time>
      </span>
    </p>
  );
}
