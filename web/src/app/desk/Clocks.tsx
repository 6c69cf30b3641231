import { AlarmClockOff, CircleAlert, CirclePause, Timer } from "lucide-react";
import type { SlaClock } from "../../protocol.ts";
import { fullTime } from "../format.ts";
import { type SlaState, clockWords } from "./sla-words.ts";
import { useTicking } from "./ticking.ts";

const ICONS: Readonly<Record<SlaState, typeof Timer>> = { good: Timer, soon: CircleAlert, late: AlarmClockOff, paused: CirclePause };

/** The clocks of the SLA that run. Their words say what their colours say. */
export function Clocks({ clocks }: { clocks: readonly SlaClock[] }) {
  if (clocks.length === 0) return null;
  return (
    <ul className="clocks" aria-label="Times of the SLA">
      {clocks.map((clock) => (
        <Clock key={clock.kind} clock={clock} />
      ))}
    </ul>
  );
}

function Clock({ clock }: { clock: SlaClock }) {
  const text = useTicking((now) => clockWords(clock, now).text);
  const state = useTicking((now) => clockWords(clock, now).state);
  const Icon = ICONS[state];
  return (
    <li className="clock" data-state={state} title={fullTime(clock.due)}>
      <Icon size={16} aria-hidden />
      {text}
    </li>
  );
}
