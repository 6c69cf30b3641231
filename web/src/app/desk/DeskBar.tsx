import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Conversation } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { AssigneeMenu } from "./AssigneeMenu.tsx";
import { Clocks } from "./Clocks.tsx";
import { takenBy, useDecide, useDesk } from "./deciding.ts";
import { useDeskKeys } from "./desk-keys.ts";
import { PriorityMenu } from "./PriorityMenu.tsx";
import { SnoozeMenu } from "./SnoozeMenu.tsx";
import { Snoozed } from "./Snoozed.tsx";
import { TagButton } from "./TagButton.tsx";
import { Waiting } from "./Waiting.tsx";

/** A part of the desk that opens. */
type DeskPart = "assignee" | "priority" | "tags" | "snooze";

/**
 * What the shop decided about the open conversation, and how to change it. Only admins have it, and
 * it is loaded after the first page is shown.
 */
export default function DeskBar({ conversation }: { conversation: Conversation }) {
  const desk = useDesk(conversation);
  const [open, setOpen] = useState<DeskPart>();
  const { id, status } = conversation;
  const client = useClient();
  const me = useChat((state) => state.me);
  const decide = useDecide(id);
  const archiving = useMutation({ mutationFn: () => client.setStatus(id, "archived") });
  const isActive = status === "active";
  useDeskKeys({
    r: () => document.querySelector<HTMLElement>(".composer textarea")?.focus(),
    a: () => {
      if (desk !== undefined && desk.assignee !== me.userId) decide(takenBy(me.userId, desk));
    },
    p: () => setOpen("priority"),
    t: () => setOpen("tags"),
    z: () => {
      if (isActive) setOpen("snooze");
    },
    e: () => {
      if (isActive) archiving.mutate();
    },
  });
  if (desk === undefined) return null;
  const opens = (part: DeskPart) => ({ open: open === part, onOpen: (opened: boolean) => setOpen(opened ? part : undefined) });
  return (
    <section className="desk" aria-label="The shop's desk">
      <div className="desk-parts">
        <AssigneeMenu id={id} desk={desk} {...opens("assignee")} />
        <PriorityMenu id={id} desk={desk} {...opens("priority")} />
        <TagButton id={id} desk={desk} {...opens("tags")} />
        {isActive && <SnoozeMenu id={id} {...opens("snooze")} />}
      </div>
      <div className="desk-state">
        <Snoozed id={id} desk={desk} />
        <Clocks clocks={desk.sla ?? []} />
        <Waiting id={id} desk={desk} />
      </div>
      {archiving.error !== null && (
        <p role="alert" className="form-problem">
          {archiving.error.message}
        </p>
      )}
    </section>
  );
}
