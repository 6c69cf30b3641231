// The live side: who is connected, in which rooms, and what they may say.
//
// Rooms: `user:ID` has a user's connections, `admins` the shop's, `conversation:ID` those who look at one.

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

    // An answer to every question, also where the database fails; nothing once the token has ended.
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
      // First the room, then what was missed: whatever comes in between comes twice rather than not at all.
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
