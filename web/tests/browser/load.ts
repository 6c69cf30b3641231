import { availableParallelism, loadavg } from "node:os";

/** The load of a machine that runs nothing but these tests stays below this, for each processor. */
const OWN = 2;

/** Whether the machine has so much else to do that times say more about that than about the pages. They are printed all the same. */
export function isBusy(): boolean {
  const [load] = loadavg();
  const busy = (load ?? 0) > OWN * availableParallelism();
  if (busy) process.stderr.write(`the machine is busy (load ${load?.toFixed(1)}): the limits for times are wider\n`);
  return busy;
}
