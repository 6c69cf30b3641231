import { StickyNote } from "lucide-react";
import type { ReactNode } from "react";
import { type PendingNote, isSamePerson } from "../../client/index.ts";
import { useChat, useClient } from "../chat-context.ts";
import { fullTime, time } from "../format.ts";
import { Linkified } from "./Linkified.tsx";
import type { Note } from "./rows.ts";

/** A note of an admin. Customers never see it. */
export function NoteBubble({ note: { by, body, createdAt } }: { note: Note }) {
  const mine = useChat((state) => isSamePerson(state.me, by));
  return (
    <Frame
      who={mine ? "You" : <bdi>{by.name}</bdi>}
      at={
        <time dateTime={createdAt} title={fullTime(createdAt)}>
          {time(createdAt)}
        </time>
      }
      body={body}
    />
  );
}

/** A note that is not stored yet. */
export function PendingNoteBubble({ note: { changeId, note, writtenAt, failed } }: { note: PendingNote }) {
  const client = useClient();
  return (
    <>
      <Frame who="You" at={failed === undefined ? "Saving…" : <time title={fullTime(writtenAt)}>{time(writtenAt)}</time>} body={note.body} />
      {failed !== undefined && (
        <p className="failed">
          <span>Not saved. {failed.reason}</span>
          <button type="button" className="link-button" onClick={() => client.retry(changeId)}>
            Try again
          </button>
          <button type="button" className="link-button" onClick={() => client.discard(changeId)}>
            Delete
          </button>
        </p>
      )}
    </>
  );
}

function Frame({ who, at, body }: { who: ReactNode; at: ReactNode; body: string }) {
  return (
    <div className="note">
      <p className="note-head">
        <StickyNote size={14} aria-hidden />
        <strong>Note</strong> · {who} · {at}
      </p>
      <p className="body" dir="auto">
        <Linkified text={body} />
      </p>
    </div>
  );
}
