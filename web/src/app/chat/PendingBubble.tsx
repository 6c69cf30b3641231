import { CircleAlert } from "lucide-react";
import type { PendingMessage } from "../../client/index.ts";
import { useClient } from "../chat-context.ts";
import { fullTime, time } from "../format.ts";
import { useMessageActions } from "./composing.ts";
import { Linkified } from "./Linkified.tsx";
import { Quote } from "./Quote.tsx";
import { Ticks } from "./Ticks.tsx";

/** A message in the outbox: on its way, or failed. */
export function PendingBubble({ unsent, follows }: { unsent: PendingMessage; follows: boolean }) {
  return (
    <div className="line" data-side="right" data-follows={follows || undefined}>
      <div className="bubble" data-unsent={unsent.failed === undefined ? "waiting" : "failed"}>
        <span className="visually-hidden">You: </span>
        {unsent.replyTo !== undefined && <Quote id={unsent.conversationId} seq={unsent.replyTo} />}
        <p className="body" dir="auto">
          <Linkified text={unsent.body} />
        </p>
        <p className="stamp">
          <time title={fullTime(unsent.writtenAt)}>{time(unsent.writtenAt)}</time>
          {unsent.failed === undefined && <Ticks tick="sending" />}
        </p>
      </div>
      {unsent.failed !== undefined && <NotSent unsent={unsent} failed={unsent.failed} />}
    </div>
  );
}

/** Why a message was not sent, and what the person can do. */
function NotSent({ unsent, failed }: { unsent: PendingMessage; failed: NonNullable<PendingMessage["failed"]> }) {
  const client = useClient();
  const actions = useMessageActions();
  const overtaken = failed.code === "overtaken";
  return (
    <p className="failed" data-overtaken={overtaken || undefined}>
      <CircleAlert size={16} aria-hidden />
      <span>{overtaken ? <Overtaken by={failed.by} /> : `Not sent. ${failed.reason}`}</span>
      <button type="button" className="link-button" onClick={() => client.retry(unsent.clientMessageId)}>
        {overtaken ? "Send anyway" : "Try again"}
      </button>
      <button type="button" className="link-button" onClick={() => actions.rewrite(unsent)}>
        Edit
      </button>
      <button type="button" className="link-button" onClick={() => client.discard(unsent.clientMessageId)}>
        Delete
      </button>
    </p>
  );
}

function Overtaken({ by }: { by: string | undefined }) {
  return (
    <>
      Not sent yet. {by === undefined ? "A colleague" : <bdi>{by}</bdi>} has just answered. Read that first.
    </>
  );
}
