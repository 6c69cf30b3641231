import { Check, CheckCheck, Clock } from "lucide-react";
import type { Tick } from "../../client/index.ts";

const WORDS = { sending: "Sending", sent: "Sent", delivered: "Delivered", read: "Read" } as const;

/** How far a message has come. */
export function Ticks({ tick }: { tick: Tick | "sending" }) {
  const Icon = tick === "sending" ? Clock : tick === "sent" ? Check : CheckCheck;
  return (
    <span className="ticks" data-tick={tick} title={WORDS[tick]}>
      <Icon size={15} aria-hidden />
      <span className="visually-hidden">{WORDS[tick]}</span>
    </span>
  );
}
