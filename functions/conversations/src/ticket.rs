//! `POST /api/chat/ticket`: issues a ticket. A browser opens a WebSocket with it, because it cannot
//! send an `Authorization` header there.

use domain::{Ticket, Time};
use protocol::TicketAnswer;
use runtime::{App, Failure, Reply, RestRequest};
use store::TicketHolder;

pub(crate) async fn ticket(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = request.caller()?;
    let ticket = Ticket::from_random(runtime::random());
    let expires_in = Ticket::LIFETIME_SECONDS.min(caller.token_expires - now.seconds());
    let holder = TicketHolder {
        person: caller.person.clone(),
        token_expires: caller.token_expires,
        expires: now.seconds() + expires_in,
    };

    // Conversations can be assigned to an admin who has used the chat.
    let remember =
        async { if caller.person.is_admin() { app.store.remember_admin(&caller.person).await } else { Ok(()) } };
    let hash = ticket.hash();
    tokio::try_join!(app.store.put_ticket(&hash, &holder), remember)?;

    let person = &caller.person;
    let answer = TicketAnswer {
        expires_in: u64::try_from(expires_in).unwrap_or_default(),
        url: format!("{}?ticket={}", app.websocket_url, ticket.secret()),
        ticket: ticket.secret().to_owned(),
        user: protocol::Caller {
            user_id: person.user_id.clone(),
            role: person.role,
            name: person.name.clone(),
            agent: caller.is_agent,
        },
        server_time: now,
    };
    Reply::json(200, &answer)
}
