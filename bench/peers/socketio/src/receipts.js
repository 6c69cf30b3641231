// Read receipts: moves a side's cursor forward and tells the users who have joined the
// conversation.

const side = (role) => (role === 'admin' ? 'shop' : 'customer');

// Two complete statements, so that each is prepared once. Reading to the end needs no counting.
const move = (own) => `
UPDATE conversations c SET
    c.${own}_unread = IF($1 >= c.last_seq, 0,
      (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id AND m.seq > $2
        AND (m.sender_role = 'admin') <> ${own === 'shop' ? 'TRUE' : 'FALSE'})),
    c.${own}_read_seq = $3
  WHERE c.id = $4 AND c.${own}_read_seq < $5 AND c.last_seq >= $6 AND ($7 = 'admin' OR c.customer_id = $8)`;
const MOVE = { shop: move('shop'), customer: move('customer') };
const cursor = (own) => `
SELECT ${own}_read_seq AS readSeq, ${own}_unread AS unread FROM conversations WHERE id = $1 AND ($2 = 'admin' OR customer_id = $3)`;
const CURSOR = { shop: cursor('shop'), customer: cursor('customer') };

export async function read(io, database, reader, { conversationId, seq }, socket) {
  if (!Number.isSafeInteger(conversationId)) return { code: 'not_found' };
  if (!Number.isSafeInteger(seq) || seq < 0) return { code: 'invalid_request' };
  const { userId, role } = reader;
  const own = side(role);
  const moved = await database.update(MOVE[own], [seq, seq, seq, conversationId, seq, seq, role, userId]);
  if (moved === 0) {
    const [stands] = await database.select(CURSOR[own], [conversationId, role, userId]);
    return stands ? { readSeq: Number(stands.readSeq), unread: Number(stands.unread) } : { code: 'not_found' };
  }
  const from = socket ?? io;
  from.to([`conversation:${conversationId}`, `user:${userId}`]).emit('message_read', { conversationId, userId, role, seq });
  return { readSeq: seq };
}
