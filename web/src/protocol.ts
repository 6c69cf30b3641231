// Made from the types in shared/protocol and shared/domain by `cargo xtask generate`: edit those.

/** A change of a message or of the conversation. It has a `seq` of its own, as a message has. It
 * contains no text: the new text of a message is in the message only. */
export type Change = {
  /** The conversation. */
  conversationId: ConversationId,
  /** The number of the change in its conversation. Messages and changes share one numbering. */
  seq: number,
  /** The id that the client gave the change. It makes a repeated change idempotent. */
  changeId: string,
  /** The person who made the change. */
  by: Person,
  /** When the server received it, by the server's clock. */
  createdAt: Time,
} & ({ "type": "edited",
  /** The `seq` of the message. */
  target: number,
}
| { "type": "deleted",
  /** The `seq` of the message. */
  target: number,
}
| { "type": "reacted",
  /** The `seq` of the message. */
  target: number,
  /** The reaction. */
  emoji: Emoji,
  /** True if it was added, false if it was removed. */
  on: boolean,
}
| { "type": "status",
  /** The status before. */
  from: ConversationStatus,
  /** The status after. */
  to: ConversationStatus,
});

/** The answer to a change of a message. */
export type ChangeAnswer = {
  /** The stored change. */
  change: Change,
  /** The message as it is now. */
  message: Message,
};

/** A change of a message. Exactly one of `edit`, `delete` and `react` is present. */
export type ChangeFrame = {
  /** The conversation's id, `cnv_X`. */
  conversationId: string,
  /** The `seq` of the message. */
  seq: number,
  /** The caller's own id of this change, a UUID. It must be the same in every repeat. */
  changeId: string,
  /** The `seq` up to which the caller had every entry when it created `changeId`. It must be the
   * same in every repeat. */
  seenSeq?: number,
  /** Changes the text. Only the sender may, for a limited time. */
  edit?: Edit,
  /** Deletes the message. The sender may, and every admin. */
  delete?: Delete,
  /** Adds or removes a reaction. */
  react?: React,
};

/** `POST /api/chat/conversations/{id}/messages/{seq}/changes`. Exactly one of `edit`, `delete` and
 * `react` is present. */
export type ChangeRequest = {
  /** The caller's own id of this change, a UUID. It must be the same in every repeat. */
  changeId: string,
  /** The `seq` up to which the caller had every entry when it created `changeId`. It must be the
   * same in every repeat. */
  seenSeq?: number,
  /** Changes the text. Only the sender may, for a limited time. */
  edit?: Edit,
  /** Deletes the message. The sender may, and every admin. */
  delete?: Delete,
  /** Adds or removes a reaction. */
  react?: React,
};

/** A frame that a client sends. */
export type ClientFrame = {
  /** The answer repeats it; at most 64 characters. A frame without it is answered only on an
   * error. */
  requestId?: string,
} & ({ "action": "join_conversation" } & InConversation
| { "action": "leave_conversation" } & InConversation
| { "action": "send_message" } & SendFrame
| { "action": "change_message" } & ChangeFrame
| { "action": "typing_start" } & InConversation
| { "action": "typing_stop" } & InConversation
| { "action": "message_delivered" } & ReceiptFrame
| { "action": "message_read" } & ReceiptFrame
| { "action": "ping" } & PingFrame);

/** The answer to closing a user's connections. */
export type ClosedAnswer = {
  /** How many connections were closed. */
  closed: number,
};

/** The stable code of an error. Clients decide by the code; the texts may change. */
export type Code = "bad_request" | "invalid_cursor" | "forbidden" | "not_found" | "invalid_transition" | "conversation_closed" | "not_changeable" | "overtaken" | "payload_too_large" | "invalid_request" | "idempotency_mismatch" | "rate_limited" | "internal" | "unknown_action" | "reconnect" | "token_expired";

/** A conversation, as a participant sees it. */
export type Conversation = {
  /** The conversation's id, `cnv_X`. */
  id: ConversationId,
  /** The order's id, `ord_X` with the same X. */
  orderId: OrderId,
  /** The customer's user id. */
  customerId: string,
  /** The customer's name. */
  customerName: string,
  /** Whether the conversation is active, archived or closed. */
  status: ConversationStatus,
  /** The summary of the order. */
  order: OrderSummary,
  /** The `seq` of the last message or change. */
  lastSeq: number,
  /** The last message, as it is now but without its reactions. */
  lastMessage: Message,
  /** When the last message was sent or the last change was made. */
  lastActivityAt: Time,
  /** How many messages of the other side the caller has not read. Absent in events, because an
   * event goes to several users. */
  unread?: number,
  /** The customer first, then the admin who has read furthest and, in an answer, the caller;
   * admins by user id. */
  participants: Array<Participant>,
  /** When the conversation and its order were created. */
  createdAt: Time,
  /** The shop's presence. Only for customers, in the answer for a single conversation. */
  shop?: Shop,
  /** The number of entries of the shop's log. Only for admins; absent in events, which customers
   * get too. */
  deskSeq?: number,
};

/** A single conversation. */
export type ConversationAnswer = {
  /** The conversation. */
  conversation: Conversation,
};

/** The id of a conversation: `cnv_X`. */
export type ConversationId = string;

/** A page of the inbox. */
export type ConversationPage = {
  /** The conversations, last activity first. */
  items: Array<Conversation>,
  /** The cursor of the next page; absent on the last page. */
  nextCursor?: string,
  /** The `since` to use in the next sync. With it the next sync also finds conversations that
   * were active while the pages were read. */
  asOf: Time,
  /** Only in a search that has a `nextCursor`: the search has covered all conversations whose
   * last activity is later than this time. */
  searchedTo?: Time,
};

/** The status of a conversation. It decides whether text messages can be sent. */
export type ConversationStatus = "active" | "archived" | "closed";

/** The answer to a change of a conversation's status. */
export type ConversationUpdate = {
  /** The conversation after the change. */
  conversation: Conversation,
  /** The change; absent if the conversation already had that status. */
  change?: Change,
};

/** The number of orders by status. */
export type Counts = {
  /** Orders that the shop has not confirmed yet. */
  pending: number,
  /** Orders that the shop has confirmed. */
  confirmed: number,
  /** Orders that are done. */
  completed: number,
  /** Orders that were cancelled. */
  cancelled: number,
  /** All orders. */
  total: number,
};

/** A deletion of a message. It has no fields. */
export type Delete = Record<symbol, never>;

/** Who deleted a message, and when. */
export type Deletion = {
  /** The person who deleted it. */
  by: Person,
  /** When, by the server's clock. */
  at: Time,
};

/** The answer to a new entry of the shop's log. */
export type DeskAnswer = {
  /** The stored entry. */
  entry: DeskEntry,
};

/** An entry of the shop's log. No customer ever gets it, its number or its author. */
export type DeskEntry = {
  /** The conversation. */
  conversationId: ConversationId,
  /** The number of the entry in the shop's log of its conversation: 1, 2, 3, … */
  deskSeq: number,
  /** The id that the client gave the entry. It makes a repeated request idempotent. */
  changeId: string,
  /** The admin who made it. */
  by: Person,
  /** The `seq` of the last entry of the conversation at that time. A client shows this entry after
   * that one. */
  afterSeq: number,
  /** When the server received it, by the server's clock. */
  createdAt: Time,
} & ({ "type": "note",
  /** The text exactly as it was sent. It is plain text, never markup. */
  body: string,
});

/** A page of the shop's log. */
export type DeskPage = {
  /** The entries, by ascending `deskSeq`. */
  entries: Array<DeskEntry>,
  /** The number of entries of the whole log. */
  deskSeq: number,
  /** Whether there are more entries. */
  hasMore: boolean,
};

/** `POST /api/chat/conversations/{id}/desk`. */
export type DeskRequest = {
  /** The caller's own id of this entry, a UUID. It must be the same in every repeat. */
  changeId: string,
  /** The `deskSeq` up to which the caller had every entry of the shop's log when it created
   * `changeId`. It must be the same in every repeat. */
  seenDeskSeq?: number,
  /** A note for the other admins. */
  note: NewNote,
};

/** A new text of a message. */
export type Edit = {
  /** The text, 1 to 4,000 characters. */
  body: string,
};

/** The emoji of reactions. The set is closed, so no text of a user becomes the name of a stored
 * attribute. */
export type Emoji = "👍" | "❤️" | "😂" | "😮" | "😢" | "🙏" | "🎉" | "✅";

/** The answer of `GET /api/health`. */
export type Health = {
  /** Always `ok`. */
  status: string,
  /** The server's version. */
  version: string,
};

/** A page of messages and changes. */
export type History = {
  /** The messages as they are now, by ascending `seq`. */
  messages: Array<Message>,
  /** The changes, by ascending `seq`. Together with the messages they have no gap. */
  changes: Array<Change>,
  /** The messages, as they are now, that the page refers to but does not contain: those that its
   * changes change, and those that its messages answer. */
  others: Array<Message>,
  /** The `seq` of the conversation's last message or change. */
  lastSeq: number,
  /** Whether there are more entries: newer ones if `after` was given, otherwise older ones. */
  hasMore: boolean,
};

/** A request whose only field is the conversation. */
export type InConversation = {
  /** The conversation's id, `cnv_X`. */
  conversationId: string,
};

/** One line of an order. */
export type Item = {
  /** The shop's article number, at most 64 characters. */
  sku?: string,
  /** The title, 1 to 200 characters. */
  title: string,
  /** The quantity, 1 to 10,000. */
  quantity: number,
  /** The price of one, in minor units of the order's currency (cents): 0 or more, below 2^53. */
  unitPrice: number,
  /** An https URL of at most 2,048 characters. */
  imageUrl?: string,
};

/** The kind of a message: written by a person or by the system. */
export type Kind = "text" | "system";

/** A message of a conversation. It changes only by a later entry of the log. Of two versions, the
 * one with the higher `changedSeq` is newer. */
export type Message = {
  /** The conversation. */
  conversationId: ConversationId,
  /** The number of the message in its conversation: 1, 2, 3, … It is the same for everyone. */
  seq: number,
  /** The message's id. */
  id: MessageId,
  /** The id that the sender gave the message. It makes a repeated send idempotent. Only text
   * messages have it. */
  clientMessageId?: string,
  /** The sender. */
  sender: Person,
  /** Whether it is a text or a system message. */
  kind: Kind,
  /** The text exactly as it was sent. It is plain text, never markup. */
  body: string,
  /** The event that a system message reports; absent in text messages. */
  system?: System,
  /** When the server received it, by the server's clock. */
  createdAt: Time,
  /** The `seq` of the message that this one answers. */
  replyTo?: number,
  /** The `seq` of the last change of this message; absent if it never changed here. An imported
   * message can be edited or deleted without it. */
  changedSeq?: number,
  /** When the sender last changed the text; absent if never. */
  editedAt?: Time,
  /** Present if the message was deleted. Its `body` is then empty. */
  deleted?: Deletion,
  /** The reactions, one entry for each emoji; absent if there are none. The `lastMessage` of a
   * conversation has none. */
  reactions?: Array<Reaction>,
};

/** A single message. */
export type MessageAnswer = {
  /** The stored message. */
  message: Message,
};

/** The id of a message: `msg_` and 80 random bits in 16 characters. It is unique within a
 * conversation. */
export type MessageId = string;

/** `POST /api/chat/conversations/{id}/messages`. */
export type MessageRequest = {
  /** The sender's own id of this message, a UUID. It must be the same in every repeat. */
  clientMessageId: string,
  /** The text, 1 to 4,000 characters. */
  body: string,
  /** The `seq` up to which the sender had every message when it created `clientMessageId`. It
   * must be the same in every repeat. */
  seenSeq?: number,
  /** The `seq` of the message that this one answers. */
  replyTo?: number,
  /** With true, the message is refused with `overtaken` if another admin has answered after
   * `seenSeq`. Only for admins; needs `seenSeq`. */
  expectLast?: boolean,
  /** The sender's connection that needs no push of the message, because the answer brings it:
   * `connectionId` in the acknowledgement of `join_conversation`. Ignored if it is not an open
   * connection of the sender. */
  connectionId?: string,
};

/** The text of a note. */
export type NewNote = {
  /** The text, 1 to 4,000 characters. */
  body: string,
};

/** An order in its current state. */
export type Order = {
  /** The order's id, `ord_X`. */
  id: OrderId,
  /** The customer's user id. */
  customerId: string,
  /** The customer's name when the order was placed. */
  customerName: string,
  /** The items, 1 to 100. */
  items: Array<Item>,
  /** Sum of quantity × unit price, in minor units, below 2^53. */
  total: number,
  /** ISO 4217, such as `EUR`. */
  currency: string,
  /** The order's status. */
  status: OrderStatus,
  /** The customer's note, at most 1,000 characters. */
  note?: string,
  /** When the order was placed. */
  createdAt: Time,
  /** When the status last changed, or when the order was placed. */
  updatedAt: Time,
  /** The conversation's id, `cnv_X` with the order's X. */
  conversationId: ConversationId,
};

/** An order and its conversation. */
export type OrderAnswer = {
  /** The order. */
  order: Order,
  /** The order's conversation. */
  conversation: Conversation,
};

/** The id of an order: `ord_X`. */
export type OrderId = string;

/** A page of a customer's orders. */
export type OrderPage = {
  /** The orders, newest first. */
  items: Array<OrderAnswer>,
  /** The cursor of the next page; absent on the last page. */
  nextCursor?: string,
};

/** `POST /api/sales`. */
export type OrderRequest = {
  /** The items of the order, 1 to 100. */
  items: Array<Item>,
  /** The currency as an ISO 4217 code, such as `EUR`. */
  currency: string,
  /** A note for the shop, at most 1,000 characters. */
  note?: string,
  /** The customer's user id, 1 to 128 bytes, when an admin places the order. Ignored when a
   * customer does. */
  customerId?: string,
  /** The customer's name, 1 to 200 characters, when an admin places the order. Ignored when a
   * customer does. */
  customerName?: string,
};

/** The status of an order. */
export type OrderStatus = "pending" | "confirmed" | "completed" | "cancelled";

/** The fields of an order that lists and the header of its conversation show. */
export type OrderSummary = {
  /** The order's id, `ord_X`. */
  id: OrderId,
  /** The first item's title, with the number of further items. */
  title: string,
  /** The first image URL that is short enough to store in the head. */
  imageUrl?: string,
  /** The total in minor units of the currency. */
  total: number,
  /** The currency as an ISO 4217 code. */
  currency: string,
  /** The order's status. */
  status: OrderStatus,
  /** When the order was placed. */
  createdAt: Time,
};

/** The answer to a status change. */
export type OrderUpdate = {
  /** The order after the change. */
  order: Order,
  /** The system message that reports the change; absent if the order already had that status. */
  message?: Message,
};

/** A participant of a conversation: the customer or an admin. */
export type Participant = {
  /** The participant's user id. */
  userId: string,
  /** `customer` or `admin`. */
  role: Role,
  /** The display name. */
  name: string,
  /** The participant has read every message up to this `seq`; 0 = none. */
  readSeq: number,
  /** Every message up to this `seq` is delivered to the participant; never below `readSeq`. What
   * is delivered to one admin is delivered to all, because they are one side. */
  deliveredSeq: number,
  /** Whether the participant has an open connection. Only in the answer for a single
   * conversation. */
  online?: boolean,
  /** When the participant's last connection ended; absent while online. Only in the answer for a
   * single conversation. */
  lastSeenAt?: Time,
};

/** A person with id, role and name: a caller, a sender, or the cause of a system message. */
export type Person = {
  /** The user id, which is the `sub` of the JWT: 1 to 128 bytes. Only the system has the id
   * `system`. */
  userId: string,
  /** The person's role. */
  role: Role,
  /** The display name: at most [`MAX_NAME_BYTES`]. */
  name: string,
};

/** A heartbeat. */
export type PingFrame = {
  /** The `asOf` of the last page of conversations. With it the answer has `changed`. */
  asOf?: Time,
};

/** An error as in RFC 9457 (problem details). */
export type Problem = {
  /** The kind of the problem, as a URI. It is an identifier, not an address to open. */
  type: string,
  /** A short text for the kind of the problem. */
  title: string,
  /** The HTTP status. */
  status: number,
  /** What is wrong in this case, and what the client can do. */
  detail: string,
  /** The error code. */
  code: Code,
  /** Only with `rate_limited`: milliseconds until the same request would be accepted. The header
   * `Retry-After` has the same time in seconds. */
  retryAfterMs?: number,
  /** Only with `overtaken`: the newest answer of another admin. */
  overtakenBy?: Message,
};

/** A reaction to add or to remove. */
export type React = {
  /** The emoji. */
  emoji: Emoji,
  /** True adds the caller's reaction, false removes it. */
  on: boolean,
};

/** One emoji under a message, with everybody who reacted with it. */
export type Reaction = {
  /** The emoji. */
  emoji: Emoji,
  /** The people who reacted with it: customer first, then admins by user id. Never empty. */
  by: Array<Person>,
};

/** The position of the caller's read cursor. */
export type ReadAnswer = {
  /** The caller has read every message up to this `seq`. */
  readSeq: number,
  /** How many messages of the other side the caller has not read. */
  unread: number,
};

/** `POST /api/chat/conversations/{id}/read`. */
export type ReadRequest = {
  /** The last `seq` that the caller has read. */
  seq: number,
};

/** A receipt for every entry up to `seq`. */
export type ReceiptFrame = {
  /** The conversation's id, `cnv_X`. */
  conversationId: string,
  /** The last `seq` that the receipt covers. */
  seq: number,
};

/** The role of a person. */
export type Role = "customer" | "admin" | "system";

/** A message to send. */
export type SendFrame = {
  /** The conversation's id, `cnv_X`. */
  conversationId: string,
  /** The sender's own id of this message, a UUID. It must be the same in every repeat. */
  clientMessageId: string,
  /** The text, 1 to 4,000 characters. */
  body: string,
  /** The `seq` up to which the sender had every message when it created `clientMessageId`. It
   * must be the same in every repeat. */
  seenSeq?: number,
  /** The `seq` of the message that this one answers. */
  replyTo?: number,
  /** With true, the message is refused with `overtaken` if another admin has answered after
   * `seenSeq`. Only for admins; needs `seenSeq`. */
  expectLast?: boolean,
};

/** A frame that the server sends. */
export type ServerEvent = { "event": "new_message",
  /** The conversation. */
  conversationId: ConversationId,
  /** The message. */
  message: Message,
}
| { "event": "order_message_update",
  /** The conversation. */
  conversationId: ConversationId,
  /** The summary of the order, for the list. */
  order: OrderSummary,
  /** The message. */
  message: Message,
  /** The conversation's last `seq`, which is this message's `seq`. */
  lastSeq: number,
}
| { "event": "message_delivered",
  /** The conversation. */
  conversationId: ConversationId,
  /** The participant's user id. */
  userId: string,
  /** The participant's role. */
  role: Role,
  /** Every message up to this `seq` is delivered to the participant. */
  seq: number,
}
| { "event": "message_read",
  /** The conversation. */
  conversationId: ConversationId,
  /** The participant's user id. */
  userId: string,
  /** The participant's role. */
  role: Role,
  /** Every message up to this `seq` is read by the participant. */
  seq: number,
}
| { "event": "user_typing",
  /** The conversation. */
  conversationId: ConversationId,
  /** The participant's user id. */
  userId: string,
  /** The participant's role. */
  role: Role,
  /** The participant's display name. */
  name: string,
  /** How long to show the typing indicator, in milliseconds, unless the event comes again. */
  expiresInMs: number,
}
| { "event": "user_stopped_typing",
  /** The conversation. */
  conversationId: ConversationId,
  /** The participant's user id. */
  userId: string,
  /** The participant's role. */
  role: Role,
  /** The participant's display name. */
  name: string,
}
| { "event": "presence",
  /** The customer's user id. */
  userId: string,
  /** The customer's role. */
  role: Role,
  /** Whether the customer has an open connection. */
  online: boolean,
  /** When the customer's last connection ended; absent while online. */
  lastSeenAt?: Time,
}
| { "event": "order_created",
  /** The order. */
  order: Order,
  /** The order's conversation, without `unread`. */
  conversation: Conversation,
}
| { "event": "order_updated",
  /** The order after the change. */
  order: Order,
  /** The system message that reports the change. */
  message: Message,
  /** The conversation's last `seq`, which is this message's `seq`. */
  lastSeq: number,
}
| { "event": "conversation_updated",
  /** The conversation, without `unread`. */
  conversation: Conversation,
  /** The change. */
  change: Change,
}
| { "event": "message_changed",
  /** The conversation. */
  conversationId: ConversationId,
  /** The change. */
  change: Change,
  /** The whole message, as it is now. */
  message: Message,
  /** The conversation's last `seq`. */
  lastSeq: number,
}
| { "event": "desk_updated",
  /** The conversation. */
  conversationId: ConversationId,
  /** The entry. */
  entry: DeskEntry,
}
| { "event": "ack",
  /** The `requestId` of the request. */
  requestId: string,
} & ({
  /** The stored change. */
  change: Change,
  /** The message as it is now. */
  message: Message,
  /** Whether an earlier request had stored the change. */
  duplicate: boolean,
}
| {
  /** The stored message. */
  message: Message,
  /** Whether an earlier request had stored it. */
  duplicate: boolean,
}
| {
  /** The conversation with its participants' `online`, and for customers with `shop`. */
  conversation: Conversation,
  /** The id of this connection. A request over REST may name it. */
  connectionId: string,
}
| {
  /** The position of the caller's read cursor. */
  readSeq: number,
  /** How many messages of the other side the caller has not read. */
  unread: number,
}
| {
  /** The position of the caller's delivery cursor. */
  deliveredSeq: number,
}
| {
  /** The server's time. */
  serverTime: Time,
  /** The shop's presence; only for customers. */
  shop?: Shop,
  /** Whether a sync would find something; only if the `ping` had `asOf`. */
  changed?: boolean,
} | Record<symbol, never>)
| { "event": "error",
  /** The `requestId` of the request; absent if the frame had none. */
  requestId?: string,
  /** The error code. Clients decide by the code. */
  code: Code,
  /** What is wrong and what the client can do. */
  message: string,
  /** Only with `rate_limited`: milliseconds until the same request would be accepted. */
  retryAfterMs?: number,
  /** Only with `overtaken`: the newest answer of another admin. */
  overtakenBy?: Message,
};

/** `PATCH /api/chat/conversations/{id}`. */
export type SetConversationStatus = {
  /** The new status. */
  status: ConversationStatus,
};

/** `PATCH /api/sales/{orderId}/status`. */
export type SetOrderStatus = {
  /** The new status. */
  status: OrderStatus,
};

/** The presence of the shop, for customers. */
export type Shop = {
  /** Whether any admin has an open connection. */
  online: boolean,
  /** When the last admin's connection ended; absent while one is online. */
  lastSeenAt?: Time,
};

/** The event that a system message reports. `by` is the person who caused it. */
export type System = { "type": "order_created",
  /** The person who placed it: the customer, or an admin for the customer. */
  by: Person,
}
| { "type": "status_changed",
  /** The status before. */
  from: OrderStatus,
  /** The status after. */
  to: OrderStatus,
  /** The admin who changed it. */
  by: Person,
};

/** A ticket for opening a WebSocket connection. */
export type TicketAnswer = {
  /** The ticket. It opens one connection. */
  ticket: string,
  /** Seconds until the ticket expires; at most 60. */
  expiresIn: number,
  /** The WebSocket URL to connect to. It contains the ticket. */
  url: string,
  /** The user that the connection will belong to. */
  user: User,
  /** The server's time. */
  serverTime: Time,
};

/** A time in UTC with millisecond precision. On the wire it is RFC 3339 with exactly three
 * decimals. */
export type Time = string;

/** The caller, with the values of the token. */
export type User = {
  /** The token's `sub`. */
  userId: string,
  /** The token's `role`. */
  role: Role,
  /** The token's `name`. */
  name: string,
};
