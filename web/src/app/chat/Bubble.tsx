import { CircleAlert } from "lucide-react";
import { memo } from "react";
import { type Tick, type PendingMessage, isSamePerson, sideOf } from "../../client/index.ts";
import type { Message, Person } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import { fullTime, time } from "../format.ts";
import { Linkified } from "./Linkified.tsx";
import { Ticks } from "./Ticks.tsx";

/**
 * A stored message: one's own side on the right, the other side on the left, system messages in the
 * middle.
 */
export const Bubble = memo(function Bubble({
  message,
  me,
  tick,
  follows,
}: {
  message: Message;
  me: Person;
  tick: Tick;
  follows: boolean;
}) {
  if (message.kind !== "text") return <SystemMessage message={message} />;
  const { sender } = message;
  const mine = isSamePerson(sender, me);
  const ours = sideOf(message) === me.role;
  return (
    <div className="line" data-side={ours ? "right" : "left"} data-follows={follows || undefined}>
      {!mine && !follows && (
        <p className="author">
          <bdi>{sender.name}</bdi>
          {sender.role === "admin" && <span className="admin-badge">Admin</span>}
        </p>
      )}
      <div className="bubble">
        {mine && <span className="visually-hidden">You: </span>}
        <p className="body" dir="auto">
          <Linkified text={message.body} />
        </p>
        <p className="stamp">
          <time dateTime={message.createdAt} title={fullTime(message.createdAt)}>
            {time(message.createdAt)}
          </time>
          {ours && <Ticks tick={tick} />}
        </p>
      </div>
    </div>
  );
});

/**
 * A system message, or a message of a kind that this release does not know, shown as its `body`.
 */
function SystemMessage({ message }: { message: Message }) {
  // A later server can send a system message without `by`.
  const by: Person | undefined = message.system?.by;
  return (
    <p className="system">
      <span>
        {textOf(message)}
        {" · "}
        {by !== undefined && (
          <>
            <bdi>{by.name}</bdi>
            {" · "}
          </>
        )}
        <time dateTime={message.createdAt} title={fullTime(message.createdAt)}>
          {time(message.createdAt)}
        </time>
      </span>
    </p>
  );
}

/** Returns the text of a message of any kind. */
export function textOf({ body }: Message): string {
  return body === "" ? "This message cannot be shown here. Reload the page." : body;
}

/** A message in the outbox: on its way, or failed. */
export function PendingBubble({ unsent, follows }: { unsent: PendingMessage; follows: boolean }) {
  const client = useClient();
  return (
    <div className="line" data-side="right" data-follows={follows || undefined}>
      <div className="bubble" data-unsent={unsent.failed === undefined ? "waiting" : "failed"}>
        <span className="visually-hidden">You: </span>
        <p className="body" dir="auto">
          <Linkified text={unsent.body} />
        </p>
        <p className="stamp">
          <time title={fullTime(unsent.writtenAt)}>{time(unsent.writtenAt)}</time>
          {unsent.failed === undefined && <Ticks tick="sending" />}
        </p>
      </div>
      {unsent.failed !== undefined && (
        <p className="failed">
          <CircleAlert size={16} aria-hidden />
          Not sent. {unsent.failed.reason}
          <button type="button" className="link-button" onClick={() => client.retry(unsent.clientMessageId)}>
            Try again
          </button>
          <button type="button" className="link-button" onClick={() => client.discard(unsent.clientMessageId)}>
            Delete
          </button>
        </p>
      )}
    </div>
  );
}
