import { AlarmClock, AlarmClockOff, CircleAlert, CirclePause, Timer } from "lucide-react";
import type { Desk, SlaClock, Snooze } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { PriorityIcon } from "../desk/PriorityIcon.tsx";
import { priorityWords } from "../desk/priorities.ts";
import { useAdmins, useTags } from "../desk/shop.ts";
import { useTicking } from "../desk/ticking.ts";
import { when } from "../desk/when.ts";
import { fullTime } from "../format.ts";
import { Avatar } from "../parts/Avatar.tsx";
import { TagName } from "../parts/TagName.tsx";
import { shortClock } from "./short-clock.ts";

const ICONS: Readonly<Record<string, typeof Timer>> = { good: Timer, soon: CircleAlert, late: AlarmClockOff, paused: CirclePause };

/** What the shop decided about a conversation, in its row. */
export default function RowDesk({ desk }: { desk: Desk }) {
  const { priority, tags, assignee, snooze, sla } = desk;
  const [clock] = sla;
  return (
    <>
      {priority !== "none" && (
        <span className="row-priority" title={`Priority: ${priorityWords(priority)}`}>
          <PriorityIcon priority={priority} />
          <span className="visually-hidden">{priorityWords(priority)} priority</span>
        </span>
      )}
      {clock !== undefined && <Clock clock={clock} />}
      {snooze !== undefined && <Snoozed snooze={snooze} />}
      <Tags ids={tags} />
      {assignee !== undefined && <Assignee userId={assignee} />}
    </>
  );
}

function Clock({ clock }: { clock: SlaClock }) {
  const [state = "good", text] = useTicking((now) => shortClock(clock, now)).split("/");
  const Icon = ICONS[state] ?? Timer;
  return (
    <time className="clock" data-state={state} dateTime={clock.due} title={fullTime(clock.due)}>
      <Icon size={14} aria-hidden />
      {text}
    </time>
  );
}

function Snoozed({ snooze: { until } }: { snooze: Snooze }) {
  const text = useTicking((now) => {
    if (until === undefined) return "Until they write";
    return Date.parse(until) > now ? when(until, now) : undefined;
  });
  if (text === undefined) return null;
  return (
    <span className="row-snoozed">
      <AlarmClock size={14} aria-hidden />
      <span className="visually-hidden">Snoozed: </span>
      {text}
    </span>
  );
}

function Tags({ ids }: { ids: Desk["tags"] }) {
  const tags = useTags();
  // A tag that was deleted is not shown.
  return ids.map((id) => {
    const tag = tags.find((each) => each.id === id);
    return tag && <TagName key={id} tag={tag} />;
  });
}

function Assignee({ userId }: { userId: string }) {
  const me = useChat((state) => state.me);
  const known = useAdmins().find((each) => each.userId === userId)?.name;
  const name = userId === me.userId ? me.name : (known ?? "Another admin");
  return (
    <span className="row-assignee">
      <Avatar name={name} small />
      <span className="visually-hidden">Assigned to </span>
      <bdi>{userId === me.userId ? "You" : name}</bdi>
    </span>
  );
}
