import * as Menu from "@radix-ui/react-dropdown-menu";
import { AlarmClock, CalendarClock, ChevronDown, MessageSquareReply } from "lucide-react";
import { useRef, useState } from "react";
import type { ConversationId } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { useMinute } from "../now.ts";
import { useDecide } from "./deciding.ts";
import { SnoozeDialog } from "./SnoozeDialog.tsx";
import { snoozeTimes } from "./snooze-times.ts";
import { when } from "./when.ts";

/** Puts the conversation off: until a time, or until the customer writes. */
export function SnoozeMenu({ id, open, onOpen }: { id: ConversationId; open: boolean; onOpen: (open: boolean) => void }) {
  const decide = useDecide(id);
  const offset = useChat((state) => state.clockOffset);
  const now = useMinute() + offset;
  const trigger = useRef<HTMLButtonElement>(null);
  const [choosing, setChoosing] = useState(false);
  const until = (moment: number) => decide({ snooze: { until: new Date(moment).toISOString() } });
  return (
    <>
      <Menu.Root modal={false} open={open} onOpenChange={onOpen}>
        <Menu.Trigger ref={trigger} className="desk-button">
          <AlarmClock size={16} aria-hidden />
          Snooze
          <ChevronDown size={14} aria-hidden />
        </Menu.Trigger>
        <Menu.Content className="menu desk-menu" align="start" sideOffset={6} collisionPadding={8} aria-labelledby={undefined} aria-label="Snooze until">
          {snoozeTimes(now).map((each) => (
            <Menu.Item key={each.label} className="menu-item" onSelect={() => until(each.until)}>
              <AlarmClock size={16} aria-hidden />
              {each.label}
              <span className="menu-aside">{each.label === "Tomorrow" ? when(each.until, each.until) : when(each.until, now)}</span>
            </Menu.Item>
          ))}
          <Menu.Item className="menu-item" onSelect={() => setChoosing(true)}>
            <CalendarClock size={16} aria-hidden />
            Date and time…
          </Menu.Item>
          <Menu.Separator className="menu-separator" />
          <Menu.Item className="menu-item" onSelect={() => decide({ snooze: {} })}>
            <MessageSquareReply size={16} aria-hidden />
            Until the customer writes
          </Menu.Item>
        </Menu.Content>
      </Menu.Root>
      {choosing && (
        <SnoozeDialog
          now={now}
          onChoose={until}
          onClose={() => {
            setChoosing(false);
            trigger.current?.focus();
          }}
        />
      )}
    </>
  );
}
