import * as Menu from "@radix-ui/react-dropdown-menu";
import { useMutation } from "@tanstack/react-query";
import { Archive, ChevronDown, CircleCheck, CircleX, Lock, LockOpen, PackageCheck } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import type { Conversation, ConversationStatus, OrderStatus } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import { orderNumber } from "../format.ts";
import { ConfirmDialog } from "../parts/ConfirmDialog.tsx";

const NEXT_STATUSES: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ["confirmed", "cancelled"],
  confirmed: ["completed", "cancelled"],
  completed: [],
  cancelled: [],
};

const ORDER_ACTIONS: Readonly<Record<OrderStatus, { label: string; icon: ReactNode }>> = {
  pending: { label: "Pending", icon: null },
  confirmed: { label: "Confirm the order", icon: <CircleCheck size={16} aria-hidden /> },
  completed: { label: "Complete the order", icon: <PackageCheck size={16} aria-hidden /> },
  cancelled: { label: "Cancel the order", icon: <CircleX size={16} aria-hidden /> },
};

/** The texts of the confirmation dialog, for changes that cannot be undone. */
const CONFIRMATIONS: Readonly<Partial<Record<OrderStatus, { question: string; yes: string; no: string }>>> = {
  completed: { question: "Complete the order?", yes: "Complete the order", no: "Not yet" },
  cancelled: { question: "Cancel the order?", yes: "Cancel the order", no: "Keep the order" },
};

const CONVERSATION_ACTIONS: readonly { status: ConversationStatus; label: string; icon: ReactNode }[] = [
  { status: "active", label: "Reopen the conversation", icon: <LockOpen size={16} aria-hidden /> },
  { status: "archived", label: "Archive the conversation", icon: <Archive size={16} aria-hidden /> },
  { status: "closed", label: "Close the conversation", icon: <Lock size={16} aria-hidden /> },
];

/**
 * The menu of what an admin can do with an order and its conversation. The server sends the result
 * to everybody as an event.
 */
export default function AdminActions({ conversation }: { conversation: Conversation }) {
  const client = useClient();
  const orderChange = useMutation({
    mutationFn: (status: OrderStatus) => client.api.setOrderStatus(conversation.orderId, status),
    onMutate: () => {
      conversationChange.reset();
    },
    onSettled: () => client.sync(),
  });
  const conversationChange = useMutation({
    mutationFn: (status: ConversationStatus) => client.setStatus(conversation.id, status),
    onMutate: () => {
      orderChange.reset();
    },
  });
  const [confirming, setConfirming] = useState<OrderStatus>();
  const trigger = useRef<HTMLButtonElement>(null);
  // The menu button stays enabled, because a disabled button loses the focus.
  const busy = orderChange.isPending || conversationChange.isPending;
  const problem = orderChange.error ?? conversationChange.error;
  // A later release can send a status that this release does not know.
  const nextStatuses = NEXT_STATUSES[conversation.order.status] ?? [];
  const question = confirming !== undefined && nextStatuses.includes(confirming) ? CONFIRMATIONS[confirming] : undefined;
  return (
    <div className="actions">
      <Menu.Root modal={false}>
        <Menu.Trigger ref={trigger} className="button">
          Actions
          <ChevronDown size={16} aria-hidden />
        </Menu.Trigger>
          <Menu.Content className="menu" align="end" sideOffset={6}>
            {nextStatuses.map((status) => (
              <Menu.Item key={status} className="menu-item" disabled={busy} onSelect={() => (status in CONFIRMATIONS ? setConfirming(status) : orderChange.mutate(status))}>
                {ORDER_ACTIONS[status].icon}
                {ORDER_ACTIONS[status].label}
              </Menu.Item>
            ))}
            {nextStatuses.length > 0 && <Menu.Separator className="menu-separator" />}
            {CONVERSATION_ACTIONS.filter(({ status }) => status !== conversation.status).map(({ status, label, icon }) => (
              <Menu.Item key={status} className="menu-item" disabled={busy} onSelect={() => conversationChange.mutate(status)}>
                {icon}
                {label}
              </Menu.Item>
            ))}
          </Menu.Content>
      </Menu.Root>
      {confirming !== undefined && question !== undefined && (
        <ConfirmDialog
          title={question.question}
          yes={question.yes}
          no={question.no}
          onYes={() => orderChange.mutate(confirming)}
          onClose={() => {
            setConfirming(undefined);
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
