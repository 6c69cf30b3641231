import type { ComponentProps, MouseEvent, ReactNode } from "react";
import { Link } from "wouter";
import { chatPath, useOpenChat } from "../navigation.ts";

/** A link that opens a conversation, as {@link useOpenChat} does. */
export function ChatLink({ id, onOpen, children, ...rest }: { id: string; onOpen?: () => void; children: ReactNode } & Omit<ComponentProps<"a">, "href" | "onClick" | "id" | "ref">) {
  const open = useOpenChat();
  // Clicks that open another tab or window do not come here.
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
