// Made from the types in shared/protocol and shared/domain by `cargo xtask generate`: edit those.

/** One frame of a client. */
export type ClientFrame = {
  /** Comes back in the answer; at most 64 characters. Without it only errors are answered. */
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
  /** How many connections there were. */
  closed: number,
};

/** The stable name of an error. Clients decide by it; the words beside it may change. */
export type Code = "bad_request" | "invalid_cursor" | "forbidden" | "not_found" | "invalid_transition" | "conversation_closed" | "payload_too_large" | "invalid_request" | "idempotency_mismatch" | "rate_limited" | "internal" | "unknown_action" | "reconnect" | "token_expired";

/** A conversation as its participants see it. */
export type Conversation = {
  /** `cnv_X`. */
  id: ConversationId,
  /** `ord_X`, with the same X. */
  orderId: OrderId,
  /** Whose it is. */
  customerId: string,
  /** Their name. */
  customerName: string,
  /** Whether anything may be said. */
  status: ConversationStatus,
  /** What to show of the order. */
  order: OrderSummary,
  /** The `seq` of the last message. */
  lastSeq: number,
  /** The last message. */
  lastMessage: Message,
  /** When it was said. */
  lastActivityAt: Time,
  /** How many messages of the other side the caller has not read. Absent in pushed events: it would be somebody's. */
  unread?: number,
  /** The customer first, then the admins who did something, by user id. */
  participants: Array<Participant>,
  /** When it was born, with its order. */
  createdAt: Time,
  /** Whether any admin is there. Only for customers, where one conversation is asked for. */
  shop?: Shop,
};

/** `{conversation}`. */
export type ConversationAnswer = {
  /** The conversation. */
  conversation: Conversation,
};

/** `cnv_X`. */
export type ConversationId = string;

/** A page of the inbox. */
export type ConversationPage = {
  /** Last activity first, as read. */
  items: Array<Conversation>,
  /** Where the next page starts; absent on the last. */
  nextCursor?: string,
  /** The `since` of the next sync: what moved up while paging is found by it. */
  asOf: Time,
  /** Only of a search that goes on under `nextCursor`: all conversations that were active later have been looked at. */
  searchedTo?: Time,
};

/** Whether anything may be said. */
export type ConversationStatus = "active" | "archived" | "closed";

/** How many orders there are by status. */
export type Counts = {
  /** Waiting for the shop. */
  pending: number,
  /** Taken on. */
  confirmed: number,
  /** Done. */
  completed: number,
  /** Called off. */
  cancelled: number,
  /** All of them. */
  total: number,
};

/** The answer of `GET /api/health`. */
export type Health = {
  /** `ok`. */
  status: string,
  /** The version that answers. */
  version: string,
};

/** A page of messages. */
export type History = {
  /** Ascending `seq`. */
  messages: Array<Message>,
  /** The `seq` of the conversation's last message. */
  lastSeq: number,
  /** Whether there are more in the direction asked: older ones, unless `after` was given. */
  hasMore: boolean,
};

/** Names a conversation and says nothing more. */
export type InConversation = {
  /** `cnv_X`. */
  conversationId: string,
};

/** One line of an order. */
export type Item = {
  /** The shop's own number for it, at most 64 characters. */
  sku?: string,
  /** 1 to 200 characters. */
  title: string,
  /** 1 to 10,000. */
  quantity: number,
  /** In minor units of the order's currency (cents), 0 or more, below 2^53. */
  unitPrice: number,
  /** An https URL of at most 2,048 characters. */
  imageUrl?: string,
};

/** Who wrote it: a person or the system. */
export type Kind = "text" | "system";

/** One entry of a conversation, which never changes. */
export type Message = {
  /** Where it was said. */
  conversationId: ConversationId,
  /** Its place: 1, 2, 3, … within the conversation, for everyone. */
  seq: number,
  /** Its name. */
  id: MessageId,
  /** The id its sender gave it, by which a repeated send is known. Only on text messages. */
  clientMessageId?: string,
  /** Who says it. */
  sender: Person,
  /** Text or system. */
  kind: Kind,
  /** What is said, byte for byte as it was sent: text, never markup. */
  body: string,
  /** What a system message reports. */
  system?: System,
  /** The server's time. */
  createdAt: Time,
};

/** `{message}`. */
export type MessageAnswer = {
  /** The stored message. */
  message: Message,
};

/** `msg_…`: 80 random bits, unique within a conversation. */
export type MessageId = string;

/** `POST /api/chat/conversations/{id}/messages`. */
export type MessageRequest = {
  /** The sender's own id for this message; the same on every repeat. */
  clientMessageId: string,
  /** At most 4,000 characters. */
  body: string,
  /** Up to where the sender held the conversation without a gap when it made `clientMessageId`; the same on every repeat. */
  seenSeq?: number,
};

/** An order as it stands now. */
export type Order = {
  /** `ord_X`. */
  id: OrderId,
  /** Whose it is. */
  customerId: string,
  /** Their name as it was when they ordered. */
  customerName: string,
  /** 1 to 100 of them. */
  items: Array<Item>,
  /** Sum of quantity × unit price, in minor units, below 2^53. */
  total: number,
  /** ISO 4217, such as `EUR`. */
  currency: string,
  /** Where it is in its life. */
  status: OrderStatus,
  /** What the customer added, at most 1,000 characters. */
  note?: string,
  /** When it was placed. */
  createdAt: Time,
  /** When its status last changed, or when it was placed. */
  updatedAt: Time,
  /** `cnv_X`, with the order's own X. */
  conversationId: ConversationId,
};

/** `{order, conversation}`. */
export type OrderAnswer = {
  /** The order. */
  order: Order,
  /** Its conversation. */
  conversation: Conversation,
};

/** `ord_X`. */
export type OrderId = string;

/** A page of a customer's orders. */
export type OrderPage = {
  /** Newest first. */
  items: Array<OrderAnswer>,
  /** Where the next page starts; absent on the last. */
  nextCursor?: string,
};

/** `POST /api/sales`. */
export type OrderRequest = {
  /** 1 to 100. */
  items: Array<Item>,
  /** ISO 4217. */
  currency: string,
  /** At most 1,000 characters. */
  note?: string,
  /** For whom, when an admin places it: 1 to 128 bytes. A customer's is ignored. */
  customerId?: string,
  /** Their name, when an admin places it: 1 to 200 characters. A customer's is ignored. */
  customerName?: string,
};

/** Where an order is in its life. */
export type OrderStatus = "pending" | "confirmed" | "completed" | "cancelled";

/** What a conversation's list entry and header show of its order. */
export type OrderSummary = {
  /** `ord_X`. */
  id: OrderId,
  /** The first item's title, with how many more there are. */
  title: string,
  /** The first picture whose address is short enough to keep in the head. */
  imageUrl?: string,
  /** In minor units. */
  total: number,
  /** ISO 4217. */
  currency: string,
  /** Where the order is in its life. */
  status: OrderStatus,
  /** When it was placed. */
  createdAt: Time,
};

/** The answer to a status change. */
export type OrderUpdate = {
  /** The order as it is now. */
  order: Order,
  /** The system message that reports the change; absent where the order had that status already. */
  message?: Message,
};

/** Somebody who takes part in a conversation: the customer, and each admin who did something in it. */
export type Participant = {
  /** Who. */
  userId: string,
  /** `customer` or `admin`. */
  role: Role,
  /** How they are shown. */
  name: string,
  /** Everything up to this `seq` is read by them; 0 = nothing. */
  readSeq: number,
  /** Everything up to this `seq` is delivered to them; never below `readSeq`. */
  deliveredSeq: number,
  /** Whether they are there. Only where one conversation is asked for. */
  online?: boolean,
  /** When they left. Only where one conversation is asked for, and while they are away. */
  lastSeenAt?: Time,
};

/** Somebody by id, role and name: a caller, a sender, whoever caused a system message. */
export type Person = {
  /** The `sub` of their JWT: 1 to 128 bytes, never `system` for a caller. */
  userId: string,
  /** What they may do. */
  role: Role,
  /** How they are shown. */
  name: string,
};

/** An error for the client, as RFC 9457 writes it. */
export type Problem = {
  /** Names the kind of problem; not an address to open. */
  type: string,
  /** The kind in words. */
  title: string,
  /** The HTTP status. */
  status: number,
  /** What is wrong this time, and what helps. */
  detail: string,
  /** The stable name. */
  code: Code,
  /** Only with `rate_limited`: milliseconds until the same request would pass. Also in `Retry-After`, in seconds. */
  retryAfterMs?: number,
};

/** Where the caller's read cursor now stands. */
export type ReadAnswer = {
  /** Everything up to this `seq` is read. */
  readSeq: number,
  /** What is left unread. */
  unread: number,
};

/** `POST /api/chat/conversations/{id}/read`. */
export type ReadRequest = {
  /** Everything up to here is read. */
  seq: number,
};

/** A receipt: everything up to `seq`. */
export type ReceiptFrame = {
  /** `cnv_X`. */
  conversationId: string,
  /** Up to here. */
  seq: number,
};

/** What somebody may do. */
export type Role = "customer" | "admin" | "system";

/** A message to send. */
export type SendFrame = {
  /** `cnv_X`. */
  conversationId: string,
  /** The sender's own id for this message; the same on every repeat. */
  clientMessageId: string,
  /** At most 4,000 characters. */
  body: string,
  /** Up to where the sender held the conversation without a gap when it made `clientMessageId`; the same on every repeat. */
  seenSeq?: number,
};

/** One frame of the server. */
export type ServerEvent = { "event": "new_message",
  /** Where. */
  conversationId: ConversationId,
  /** What. */
  message: Message,
}
| { "event": "order_message_update",
  /** Where. */
  conversationId: ConversationId,
  /** What the list shows of the order. */
  order: OrderSummary,
  /** What. */
  message: Message,
  /** The conversation's last `seq`: the message's own. */
  lastSeq: number,
}
| { "event": "message_delivered",
  /** Where. */
  conversationId: ConversationId,
  /** Whose. */
  userId: string,
  /** Theirs. */
  role: Role,
  /** Everything up to here. */
  seq: number,
}
| { "event": "message_read",
  /** Where. */
  conversationId: ConversationId,
  /** Whose. */
  userId: string,
  /** Theirs. */
  role: Role,
  /** Everything up to here. */
  seq: number,
}
| { "event": "user_typing",
  /** Where. */
  conversationId: ConversationId,
  /** Who. */
  userId: string,
  /** Theirs. */
  role: Role,
  /** How they are shown. */
  name: string,
  /** Milliseconds after which it counts as stopped, unless it is repeated. */
  expiresInMs: number,
}
| { "event": "user_stopped_typing",
  /** Where. */
  conversationId: ConversationId,
  /** Who. */
  userId: string,
  /** Theirs. */
  role: Role,
  /** How they are shown. */
  name: string,
}
| { "event": "presence",
  /** Who. */
  userId: string,
  /** Theirs. */
  role: Role,
  /** Whether they are there. */
  online: boolean,
  /** When they left. */
  lastSeenAt?: Time,
}
| { "event": "order_created",
  /** The order. */
  order: Order,
  /** Its conversation, nobody's `unread`. */
  conversation: Conversation,
}
| { "event": "order_updated",
  /** The order as it is now. */
  order: Order,
  /** The system message that reports it. */
  message: Message,
  /** The conversation's last `seq`: the message's own. */
  lastSeq: number,
}
| { "event": "conversation_updated",
  /** The conversation, nobody's `unread`. */
  conversation: Conversation,
}
| { "event": "ack",
  /** Whose. */
  requestId: string,
} & ({
  /** The stored message. */
  message: Message,
  /** Whether it was stored before. */
  duplicate: boolean,
}
| {
  /** With `online`, and for a customer `shop`. */
  conversation: Conversation,
}
| {
  /** Where the cursor stands. */
  readSeq: number,
  /** What is left unread. */
  unread: number,
}
| {
  /** Where the cursor stands. */
  deliveredSeq: number,
}
| {
  /** The server's clock. */
  serverTime: Time,
  /** Whether any admin is there; for customers. */
  shop?: Shop,
} | Record<symbol, never>)
| { "event": "error",
  /** Whose; absent where the frame had none. */
  requestId?: string,
  /** The stable name. */
  code: Code,
  /** What is wrong, and what helps. */
  message: string,
  /** Only with `rate_limited`: milliseconds until the same request would pass. */
  retryAfterMs?: number,
};

/** `PATCH /api/chat/conversations/{id}`. */
export type SetConversationStatus = {
  /** Where to. */
  status: ConversationStatus,
};

/** `PATCH /api/sales/{orderId}/status`. */
export type SetOrderStatus = {
  /** Where to. */
  status: OrderStatus,
};

/** Whether any admin is there, for customers. */
export type Shop = {
  /** Whether any admin is connected. */
  online: boolean,
  /** When the last admin left; absent while one is there. */
  lastSeenAt?: Time,
};

/** What a system message reports. `by` is whoever caused it. */
export type System = { "type": "order_created",
  /** Whoever placed it: the customer, or an admin for them. */
  by: Person,
}
| { "type": "status_changed",
  /** From here. */
  from: OrderStatus,
  /** To there. */
  to: OrderStatus,
  /** The admin who moved it. */
  by: Person,
};

/** What it takes to open a WebSocket. */
export type TicketAnswer = {
  /** Good for one connection. */
  ticket: string,
  /** Seconds until it is no longer good; at most 60. */
  expiresIn: number,
  /** Where to connect; the ticket is in it. */
  url: string,
  /** Who the connection will be. */
  user: User,
  /** The server's clock. */
  serverTime: Time,
};

/** A moment in UTC with millisecond precision; on the wire RFC 3339, always with three decimals. */
export type Time = string;

/** Who the caller is, as the server understood the token. */
export type User = {
  /** The token's `sub`. */
  userId: string,
  /** The token's `role`. */
  role: Role,
  /** The token's `name`. */
  name: string,
};
