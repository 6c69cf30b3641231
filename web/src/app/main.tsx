import { Unplug } from "lucide-react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { apiOrigin } from "./config.ts";
import { EmptyState } from "./parts/EmptyState.tsx";
import { ErrorBoundary } from "./parts/ErrorBoundary.tsx";
import { applyTheme } from "./theme.ts";
import { trackKeyboard } from "./viewport.ts";
import "./styles/index.css";

applyTheme();
trackKeyboard();
const root = document.getElementById("root");
if (root !== null) {
  const page = await apiOrigin().then(
    (api) => <App api={api} />,
    () => <Unreachable />,
  );
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>{page}</ErrorBoundary>
    </StrictMode>,
  );
}

/** Shown when `/config.json` cannot be loaded. */
function Unreachable() {
  const again = (
    <button type="button" className="button button-primary" onClick={() => location.reload()}>
      Try again
    </button>
  );
  return (
    <main className="alone">
      <title>The shop cannot be reached – Order chat</title>
      <EmptyState heading="h1" icon={<Unplug size={32} aria-hidden />} title="The shop cannot be reached" action={again}>
        Your connection may be down.
      </EmptyState>
    </main>
  );
}
