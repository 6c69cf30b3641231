import * as Menu from "@radix-ui/react-dropdown-menu";
import { useMutation } from "@tanstack/react-query";
import { Archive, ChevronDown, CircleCheck, CircleX, Lock, LockOpen, PackageCheck } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import type { Conversation, ConversationStatus, OrderStatus } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import { orderNumber } from "../format.ts";
import { ConfirmDialog } from "../parts/ConfirmDialog.tsx";

const MOVES: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ["confirmed", "cancelled"],
  confirmed: ["completed", "cancelled"],
  completed: [],
  cancelled: [],
};

const MOVE: Readonly<Record<OrderStatus, { label: string; icon: ReactNode }>> = {
  pending: { label: "Pending", icon: null },
  confirmed: { label: "Confirm the order", icon: <CircleCheck size={16} aria-hidden /> },
  completed: { label: "Complete the order", icon: <PackageCheck size={16} aria-hidden /> },
  cancelled: { label: "Cancel the order", icon: <CircleX size={16} aria-hidden /> },
};

/** The texts of the confirmation dialog, for changes that cannot be undone. */
const FINAL: Readonly<Partial<Record<OrderStatus, { question: string; yes: string; no: string }>>> = {
  completed: { question: "Complete the order?", yes: "Complete the order", no: "Not yet" },
  cancelled: { question: "Cancel the order?", yes: "Cancel the order", no: "Keep the order" },
};

const TURNS: readonly { status: ConversationStatus; label: string; icon: ReactNode }[] = [
  { status: "active", label: "Reopen the conversation", icon: <LockOpen size={16} aria-hidden /> },
  { status: "archived", label: "Archive the conversation", icon: <Archive size={16} aria-hidden /> },
  { status: "closed", label: "Close the conversation", icon: <Lock size={16} aria-hidden /> },
];

/**
 * The menu of what an admin can do with an order and its conversation. The server sends the result
 * to everybody as an event.
 */
export function AdminActions({ conversation }: { conversation: Conversation }) {
  const client = useClient();
  const moving = useMutation({
    mutationFn: (status: OrderStatus) => client.api.setOrderStatus(conversation.orderId, status),
    onMutate: () => {
      turning.reset();
    },
    onSettled: () => client.sync(),
  });
  const turning = useMutation({
    mutationFn: (status: ConversationStatus) => client.api.setConversationStatus(conversation.id, status),
    onMutate: () => {
      moving.reset();
    },
    // Another conversation may be open when the answer comes. If the refresh fails, the change
    // itself has still been made.
    onSettled: () => client.refresh(conversation.id).catch(() => undefined),
  });
  const [asked, setAsked] = useState<OrderStatus>();
  const trigger = useRef<HTMLButtonElement>(null);
  // The menu button stays enabled, because a disabled button loses the focus.
  const busy = moving.isPending || turning.isPending;
  const problem = moving.error ?? turning.error;
  // A later release can send a status that this release does not know.
  const moves = MOVES[conversation.order.status] ?? [];
  const question = asked !== undefined && moves.includes(asked) ? FINAL[asked] : undefined;
  return (
    <div className="actions">
      <Menu.Root modal={false}>
        <Menu.Trigger ref={trigger} className="button">
          Actions
          <ChevronDown size={16} aria-hidden />
        </Menu.Trigger>
          <Menu.Content className="menu" align="end" sideOffset={6}>
            {moves.map((status) => (
              <Menu.Item key={status} className="menu-item" disabled={busy} onSelect={() => (status in FINAL ? setAsked(status) : moving.mutate(status))}>
                {MOVE[status].icon}
                {MOVE[status].label}
              </Menu.Item>
            ))}
            {moves.length > 0 && <Menu.Separator className="menu-separator" />}
            {TURNS.filter(({ status }) => status !== conversation.status).map(({ status, label, icon }) => (
              <Menu.Item key={status} className="menu-item" disabled={busy} onSelect={() => turning.mutate(status)}>
                {icon}
                {label}
              </Menu.Item>
            ))}
          </Menu.Content>
      </Menu.Root>
      {asked !== undefined && question !== undefined && (
        <ConfirmDialog
          title={question.question}
          yes={question.yes}
          no={question.no}
          onYes={() => moving.mutate(asked)}
          onClose={() => {
            setAsked(undefined);
            trigger.current?.focus();
          }}
        >
          <bdi>{conversation.order.title}</bdi> {orderNumber(conversation.orderId)} of <bdi>{conversation.customerName}</bdi>. This cannot be undone. Nothing
          is sent until you confirm.
        </ConfirmDialog>
      )}
      {problem !== null && (
        <p className="form-problem" role="alert">
          {problem.message}
        </p>
      )}
    </div>
  );
}
