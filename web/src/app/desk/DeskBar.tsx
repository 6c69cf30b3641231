import { useEffect, useState } from "react";
import type { Conversation } from "../../protocol.ts";
import { AssigneeMenu } from "./AssigneeMenu.tsx";
import { Clocks } from "./Clocks.tsx";
import { type DeskPart, onDeskPart } from "./desk-parts.ts";
import { useDesk } from "./deciding.ts";
import { PriorityMenu } from "./PriorityMenu.tsx";
import { SnoozeMenu } from "./SnoozeMenu.tsx";
import { Snoozed } from "./Snoozed.tsx";
import { TagButton } from "./TagButton.tsx";
import { Waiting } from "./Waiting.tsx";

/**
 * What the shop decided about the open conversation, and how to change it. Only admins have it, and
 * it is loaded after the first page is shown.
 */
export default function DeskBar({ conversation }: { conversation: Conversation }) {
  const desk = useDesk(conversation);
  const [open, setOpen] = useState<DeskPart>();
  useEffect(() => onDeskPart(setOpen), []);
  if (desk === undefined) return null;
  const opens = (part: DeskPart) => ({ open: open === part, onOpen: (opened: boolean) => setOpen(opened ? part : undefined) });
  const { id, status } = conversation;
  return (
    <section className="desk" aria-label="The shop's desk">
      <div className="desk-parts">
        <AssigneeMenu id={id} desk={desk} {...opens("assignee")} />
        <PriorityMenu id={id} desk={desk} {...opens("priority")} />
        <TagButton id={id} desk={desk} {...opens("tags")} />
        {status === "active" && <SnoozeMenu id={id} {...opens("snooze")} />}
      </div>
      <div className="desk-state">
        <Snoozed id={id} desk={desk} />
        <Clocks clocks={desk.sla ?? []} />
        <Waiting id={id} desk={desk} />
      </div>
    </section>
  );
}
