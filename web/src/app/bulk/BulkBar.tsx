import * as Menu from "@radix-ui/react-dropdown-menu";
import { ChevronUp } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { ConversationEntry } from "../../client/index.ts";
import { useChat, useClient, useLatest } from "../chat-context.ts";
import { type Filter, matches, matchesStatus } from "../orders/filter.ts";
import { normalized } from "../search-words.ts";
import type { Selecting } from "../orders/select.ts";
import { MOST_SELECTED } from "../orders/selection.ts";
import { listFilter, matchesDesk } from "../orders/views.ts";
import { KINDS, type Kind, conversations, counted } from "./actions.tsx";
import { BulkDialog } from "./BulkDialog.tsx";
import { findMatching } from "./matching.ts";

/** The bar with what can be done in the selected conversations. */
export default function BulkBar({ selecting, filter, entries }: { selecting: Selecting; filter: Filter; entries: readonly ConversationEntry[] }) {
  const [kind, setKind] = useState<Kind>();
  const choose = (chosen: Kind | undefined) => {
    setKind(chosen);
    // The dialog stays when all rows leave the list because of what it does.
    selecting.setBusy(chosen !== undefined);
  };
  const trigger = useRef<HTMLButtonElement>(null);
  const count = selecting.ids.size;
  const all = useSelectAll(selecting, filter);
  const listed = entries.map(({ conversation }) => conversation.id);
  return (
    <section className="bulk-bar" aria-label="Selected orders">
      <p className="bulk-count" role="status">
        {count === 0 ? "None selected" : `${counted(count)} selected`}
        {all.note !== "" && <span className="bulk-note">{all.note}</span>}
      </p>
      <div className="bulk-buttons">
        <button type="button" className="button" onClick={() => (all.running ? all.stop() : all.start(listed))}>
          {all.running ? (
            "Stop looking"
          ) : (
            <>
              Select all<span className="visually-hidden"> that match</span>
            </>
          )}
        </button>
        <button type="button" className="button" onClick={selecting.clear}>
          Cancel
        </button>
        <Menu.Root modal={false}>
          <Menu.Trigger ref={trigger} className="button button-primary" disabled={count === 0}>
            Actions
            <span className="visually-hidden"> for {conversations(count)}</span>
            <ChevronUp size={16} aria-hidden />
          </Menu.Trigger>
          <Menu.Content className="menu" align="end" side="top" sideOffset={6} collisionPadding={8}>
            {KINDS.map((each) => (
              <Menu.Item key={each.kind} className="menu-item" onSelect={() => choose(each.kind)}>
                {each.icon}
                {each.label}
              </Menu.Item>
            ))}
          </Menu.Content>
        </Menu.Root>
      </div>
      {kind !== undefined && (
        <BulkDialog
          kind={kind}
          ids={[...selecting.ids]}
          onClose={(failed) => {
            choose(undefined);
            if (failed === undefined) return trigger.current?.focus();
            if (failed.length > 0) selecting.replace(failed);
            else selecting.clear();
          }}
        />
      )}
    </section>
  );
}

/** Selects all conversations that match the filter, also those that are not loaded. */
function useSelectAll(selecting: Selecting, filter: Filter) {
  const client = useClient();
  const me = useChat((state) => state.me);
  const [running, setRunning] = useState(false);
  const [note, setNote] = useState("");
  const wanted = useRef(0);
  const latest = useLatest(filter);
  useEffect(() => {
    setNote("");
    wanted.current += 1;
    setRunning(false);
  }, [filter]);
  useEffect(() => () => void (wanted.current += 1), []);

  const start = async (listed: readonly string[]) => {
    const run = (wanted.current += 1);
    const isWanted = () => wanted.current === run && latest.current === filter;
    const words = normalized(filter.words);
    setRunning(true);
    setNote("");
    selecting.add(listed);
    const clock = () => new Date(Date.now() + client.state.clockOffset).toISOString();
    try {
      const more = await findMatching({
        filter: listFilter(filter, me, filter.conversation) ?? {},
        words: words === "" ? undefined : words,
        isShown: (conversation) => {
          const entry = { conversation, unread: 0, stale: false, presenceAt: 0 };
          return (words === "" ? matches(entry, filter) : matchesStatus(entry, filter)) && matchesDesk(filter, conversation, conversation.desk, me, clock());
        },
        most: MOST_SELECTED,
        page: (query) => client.api.conversations(query),
        found: (ids) => {
          if (isWanted()) selecting.add(ids);
          return isWanted();
        },
      });
      if (isWanted() && more) setNote(`The newest ${counted(MOST_SELECTED)} are selected. There are more.`);
    } catch {
      if (isWanted()) setNote("Not all could be found. Try again.");
    }
    if (isWanted()) setRunning(false);
  };
  const stop = () => {
    wanted.current += 1;
    setRunning(false);
  };
  return { running, note, start: (listed: readonly string[]) => void start(listed), stop };
}
