import { RotateCw } from "lucide-react";
import { Component, type ReactNode } from "react";
import { EmptyState } from "./EmptyState.tsx";

/**
 * Shows an error message if rendering fails. Without an error boundary React unmounts the whole
 * page.
 */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    const reload = (
      <button type="button" className="button button-primary" onClick={() => location.reload()}>
        Reload
      </button>
    );
    return (
      <main className="alone">
        <title>Something went wrong – Order chat</title>
        <EmptyState heading="h1" icon={<RotateCw size={32} aria-hidden />} title="Something went wrong" action={reload}>
          This page could not be shown. What you wrote is kept in this browser.
        </EmptyState>
      </main>
    );
  }
}
