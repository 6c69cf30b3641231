import { Check, CheckCheck, Clock } from "lucide-react";
import type { Tick } from "../../client/index.ts";

const LABELS = { sending: "Sending", sent: "Sent", delivered: "Delivered", read: "Read" } as const;

/** The delivery status of a message. Each status has its own shape. */
export function Ticks({ tick }: { tick: Tick | "sending" }) {
  return (
    <span className="ticks" data-tick={tick} title={LABELS[tick]}>
      {tick === "read" ? <ReadIcon /> : <OutlineIcon tick={tick} />}
      <span className="visually-hidden">{LABELS[tick]}</span>
    </span>
  );
}

function OutlineIcon({ tick }: { tick: Exclude<Tick, "read"> | "sending" }) {
  const Icon = tick === "sending" ? Clock : tick === "sent" ? Check : CheckCheck;
  return <Icon size={15} aria-hidden />;
}

/** A filled circle with a check mark cut out. */
function ReadIcon() {
  return (
    <svg className="tick-read" width={15} height={15} viewBox="0 0 24 24" aria-hidden>
      <circle cx={12} cy={12} r={11} fill="currentColor" />
      <path d="m6.5 12.5 3.8 3.8 7.2-8" fill="none" strokeWidth={3} strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
