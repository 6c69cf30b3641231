import { Link, Redirect } from "wouter";
import { useChat } from "../chat-context.ts";
import { useMaySet } from "../desk/shop.ts";
import { Title } from "../parts/Title.tsx";
import { CannedSettings } from "./CannedSettings.tsx";
import { SlaSettings } from "./SlaSettings.tsx";
import { TagSettings } from "./TagSettings.tsx";

const PARTS = [
  { part: "tags", title: "Tags", Content: TagSettings },
  { part: "canned-responses", title: "Canned responses", Content: CannedSettings },
  { part: "sla", title: "SLA", Content: SlaSettings },
] as const;

/** What the shop has set. Every admin sees it; agents can change only canned responses of their own. */
export default function SettingsPage({ part }: { part: string | undefined }) {
  const isAdmin = useChat((state) => state.me.role === "admin");
  const maySet = useMaySet();
  const shown = PARTS.find((each) => each.part === part);
  if (!isAdmin) return <Redirect to="/orders" replace />;
  if (shown === undefined) return <Redirect to="/settings/tags" replace />;
  return (
    <main className="settings">
      <Title view={`${shown.title} – Settings`} />
      <h1>Settings</h1>
      <nav aria-label="Settings" className="settings-parts">
        {PARTS.map((each) => (
          <Link key={each.part} href={`/settings/${each.part}`} aria-current={each === shown ? "page" : undefined}>
            {each.title}
          </Link>
        ))}
      </nav>
      {!maySet && <p className="settings-readonly">Only an admin can change what the shop has set. You can add canned responses of your own.</p>}
      <shown.Content maySet={maySet} />
    </main>
  );
}
