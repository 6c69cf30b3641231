import type { ReactNode } from "react";

/** A placeholder with the reason why there is no content, and an action. */
export function EmptyState({
  icon,
  title,
  heading: Heading = "h2",
  children,
  action,
}: {
  icon: ReactNode;
  title: string;
  /** `h1` if the page has no other heading. */
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
