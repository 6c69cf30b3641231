// The Socket.IO server: authentication, rooms, and the requests of connected clients.
//
// Rooms: `user:ID` has a user's connections, `admins` those of all admins, `conversation:ID` those
// of users who have joined a conversation.

import { caller } from './identity.js';
import { after, conversation } from './history.js';
import { read } from './receipts.js';
import { send } from './send.js';

export function chat(io, database) {
  io.use((socket, next) => {
    const who = caller(socket.handshake.auth.token);
    if (who === null) return next(new Error('forbidden'));
    socket.data = who;
    next();
  });

  io.on('connection', (socket) => {
    const who = socket.data;
    socket.join(who.role === 'admin' ? [`user:${who.userId}`, 'admins'] : `user:${who.userId}`);

    // Every request gets an answer, also if the database fails. After the token has expired the
    // answer is `token_expired`, and the connection is closed.
    const on = (event, handle) => socket.on(event, async (asked, answer) => {
      const reply = typeof answer === 'function' ? answer : () => {};
      if (who.exp * 1000 <= Date.now()) {
        reply({ code: 'token_expired' });
        socket.disconnect(true);
        return;
      }
      try {
        reply(await handle(asked ?? {}));
      } catch (error) {
        console.error(error);
        reply({ code: 'internal' });
      }
    });

    let joined = null;
    const leave = () => {
      if (joined !== null) socket.leave(`conversation:${joined}`);
      joined = null;
    };
    on('join_conversation', async ({ conversationId, after: seen }) => {
      if (await conversation(database, who, conversationId) === null) return { code: 'not_found' };
      leave();
      joined = conversationId;
      // Joins the room before reading missed messages: a message in between then comes twice
      // instead of being lost.
      socket.join(`conversation:${conversationId}`);
      const missed = Number.isSafeInteger(seen) ? await after(database, conversationId, seen) : [];
      return { conversation: await conversation(database, who, conversationId), missed };
    });
    on('leave_conversation', () => {
      leave();
      return {};
    });
    on('send_message', (asked) => send(io, database, who, asked, socket));
    on('message_read', (asked) => read(io, database, who, asked, socket));
    const typing = (event) => ({ conversationId }) => {
      if (joined !== conversationId) return { code: 'invalid_request' };
      const { userId, role, name } = who;
      socket.to(`conversation:${conversationId}`).emit(event, { conversationId, userId, role, name });
      return {};
    };
    on('typing_start', typing('user_typing'));
    on('typing_stop', typing('user_stopped_typing'));
  });
}
