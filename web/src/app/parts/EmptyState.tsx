import type { ReactNode } from "react";

/** Nothing to show: why, and what to do about it. */
export function EmptyState({
  icon,
  title,
  heading: Heading = "h2",
  children,
  action,
}: {
  icon: ReactNode;
  title: string;
  /** `h1` where this is all that the page shows. */
  heading?: "h1" | "h2";
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="trouble">
      <span className="trouble-icon">{icon}</span>
      <Heading>{title}</Heading>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}
