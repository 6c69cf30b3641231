// Made from the types in shared/protocol and shared/domain by `cargo xtask generate`: edit those.

/** A frame that a client sends. */
export type ClientFrame = {
  /** The answer repeats it; at most 64 characters. A frame without it is answered only on an
   * error. */
  requestId?: string,
} & ({ "action": "join_conversation" } & InConversation
| { "action": "leave_conversation" } & InConversation
| { "action": "send_message" } & SendFrame
| { "action": "typing_start" } & InConversation
| { "action": "typing_stop" } & InConversation
| { "action": "message_delivered" } & ReceiptFrame
| { "action": "message_read" } & ReceiptFrame
| { "action": "ping", });

/** The answer to closing a user's connections. */
export type ClosedAnswer = {
  /** How many connections were closed. */
  closed: number,
};

/** The stable code of an error. Clients decide by the code; the texts may change. */
export type Code = "bad_request" | "invalid_cursor" | "forbidden" | "not_found" | "invalid_transition" | "conversation_closed" | "payload_too_large" | "invalid_request" | "idempotency_mismatch" | "rate_limited" | "internal" | "unknown_action" | "reconnect" | "token_expired";

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
  /** The `seq` of the last message. */
  lastSeq: number,
  /** The last message. */
  lastMessage: Message,
  /** When the last message was sent. */
  lastActivityAt: Time,
  /** How many messages of the other side the caller has not read. Absent in events, because an
   * event goes to several users. */
  unread?: number,
  /** The customer first, then the admins who acted in the conversation, by user id. */
  participants: Array<Participant>,
  /** When the conversation and its order were created. */
  createdAt: Time,
  /** The shop's presence. Only for customers, in the answer for a single conversation. */
  shop?: Shop,
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

/** The answer of `GET /api/health`. */
export type Health = {
  /** Always `ok`. */
  status: string,
  /** The server's version. */
  version: string,
};

/** A page of messages. */
export type History = {
  /** The messages, by ascending `seq`. */
  messages: Array<Message>,
  /** The `seq` of the conversation's last message. */
  lastSeq: number,
  /** Whether there are more messages: newer ones if `after` was given, otherwise older ones. */
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

/** A message of a conversation. It never changes. */
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

/** A participant of a conversation: the customer, or an admin who acted in it. */
export type Participant = {
  /** The participant's user id. */
  userId: string,
  /** `customer` or `admin`. */
  role: Role,
  /** The display name. */
  name: string,
  /** The participant has read every message up to this `seq`; 0 = none. */
  readSeq: number,
  /** Every message up to this `seq` is delivered to the participant; never below `readSeq`. */
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
  /** The display name. */
  name: string,
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

/** A receipt for every message up to `seq`. */
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
}
| { "event": "ack",
  /** The `requestId` of the request. */
  requestId: string,
} & ({
  /** The stored message. */
  message: Message,
  /** Whether an earlier request had stored it. */
  duplicate: boolean,
}
| {
  /** The conversation with its participants' `online`, and for customers with `shop`. */
  conversation: Conversation,
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
