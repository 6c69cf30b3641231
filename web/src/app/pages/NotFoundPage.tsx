import { Compass } from "lucide-react";
import { Link } from "wouter";
import { EmptyState } from "../parts/EmptyState.tsx";
import { Title } from "../parts/Title.tsx";

/** Shown for unknown paths. */
export function NotFoundPage() {
  return (
    <main className="alone">
      <Title view="Not found" />
      <EmptyState
        heading="h1"
        icon={<Compass size={32} aria-hidden />}
        title="Page not found"
        action={
          <Link className="button button-primary" href="/orders">
            Go to orders
          </Link>
        }
      >
        The address may be wrong, or the page no longer exists.
      </EmptyState>
    </main>
  );
}
