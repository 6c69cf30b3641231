// The REST API: orders, which are created with their conversations, and histories.

import express from 'express';
import { caller } from './identity.js';
import { after, before, conversation } from './history.js';

const STATUS = { forbidden: 403, not_found: 404, invalid_request: 422 };

export function rest(database) {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.get('/api/health', (request, response) => response.json({ status: 'ok' }));
  app.use('/api', express.json({ limit: '64kb' }), (request, response, next) => {
    request.caller = caller(request.headers.authorization?.replace(/^Bearer /, ''));
    if (request.caller === null) return response.status(401).json({ code: 'unauthorized' });
    next();
  });
  const refuse = (response, code) => response.status(STATUS[code]).json({ code });

  app.post('/api/sales', async (request, response) => {
    const { userId, role, name } = request.caller;
    if (role !== 'customer') return refuse(response, 'forbidden');
    const { items, currency } = request.body ?? {};
    const valid = Array.isArray(items) && items.length > 0 && items.length <= 100 && /^[A-Z]{3}$/.test(currency)
      && items.every(({ title, quantity, unitPrice }) => typeof title === 'string' && quantity > 0 && unitPrice >= 0);
    if (!valid) return refuse(response, 'invalid_request');
    const createdAt = new Date();
    const total = items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
    const placed = { customerId: userId, customerName: name, title: items[0].title, items, total, currency, createdAt };
    const order = await database.sequelize.transaction(async (transaction) => {
      const made = await database.Order.create(placed, { transaction });
      const born = { lastBody: 'order_created', lastSenderId: 'system', lastActivityAt: createdAt, lastSeq: 1, shopUnread: 1 };
      await database.Conversation.create({ id: made.id, customerId: userId, ...born }, { transaction });
      const said = { senderId: 'system', senderRole: 'system', senderName: 'system', kind: 'system', body: 'order_created' };
      await database.Message.create({ conversationId: made.id, seq: 1, createdAt, ...said }, { transaction });
      return made;
    });
    response.status(201).json({ order: { ...placed, id: order.id, status: 'pending' }, conversation: { id: order.id, lastSeq: 1 } });
  });

  app.get('/api/chat/conversations/:id/messages', async (request, response) => {
    const id = Number(request.params.id);
    const found = await conversation(database, request.caller, id);
    if (found === null) return refuse(response, 'not_found');
    const seq = Number(request.query.after ?? request.query.before ?? found.lastSeq + 1);
    if (!Number.isSafeInteger(seq)) return refuse(response, 'invalid_request');
    const page = request.query.after === undefined ? before : after;
    response.json({ messages: await page(database, id, seq), lastSeq: Number(found.lastSeq) });
  });
  return app;
}
