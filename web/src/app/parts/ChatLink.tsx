import type { ComponentProps, MouseEvent, ReactNode } from "react";
import { Link } from "wouter";
import { chatPath, useOpenChat } from "../navigation.ts";

/** A link that opens a conversation with {@link useOpenChat}. */
export function ChatLink({ id, onOpen, children, ...rest }: { id: string; onOpen?: () => void; children: ReactNode } & Omit<ComponentProps<"a">, "href" | "onClick" | "id" | "ref">) {
  const open = useOpenChat();
  // Clicks that open a new tab or window do not reach this handler.
  const clicked = (event: MouseEvent) => {
    event.preventDefault();
    onOpen?.();
    open(id);
  };
  return (
    <Link href={chatPath(id)} onClick={clicked} {...rest}>
      {children}
    </Link>
  );
}
