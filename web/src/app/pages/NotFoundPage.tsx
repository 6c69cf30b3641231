import { Compass } from "lucide-react";
import { Link } from "wouter";
import { Trouble } from "../parts/Trouble.tsx";

/** An address that leads nowhere. */
export function NotFoundPage() {
  return (
    <main className="alone">
      <Trouble
        icon={<Compass size={32} aria-hidden />}
        title="There is nothing here"
        action={
          <Link className="button button-primary" href="/orders">
            To the orders
          </Link>
        }
      >
        The address may be mistyped, or what it led to is gone.
      </Trouble>
    </main>
  );
}
