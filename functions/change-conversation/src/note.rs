//! `POST /api/chat/conversations/{id}/desk`: an admin writes a note for the other admins.

use domain::{Text, Time};
use protocol::{DeskAnswer, DeskRequest, Event as ServerEvent, Problem};
use runtime::{App, Failure, Reply, RestRequest};
use store::{Audience, Connections, NoteDraft, NoteOutcome};

pub(crate) async fn add(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let by = &request.caller()?.person;
    if !by.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let shared_id = request.shared_id("id")?;
    let DeskRequest { change_id, seen_desk_seq, note } = request.body()?;
    let body = Text::new(note.body)?;
    let draft = NoteDraft { shared_id, by: by.clone(), change_id, body, seen_desk_seq, now };

    let (entry, shop, duplicate) = match app.store.add_note(&draft).await? {
        NoteOutcome::Stored { entry, shop, duplicate } => (*entry, shop, duplicate),
        NoteOutcome::NotFound => return Err(Problem::not_found().into()),
        NoteOutcome::SeenDeskSeqTooHigh => {
            return Err(Problem::invalid("seenDeskSeq", "must not be higher than the last `deskSeq`").into());
        }
    };

    // No customer is in this audience.
    let admins = Audience { customer: Connections::default(), shop };
    let conversation_id = draft.shared_id.conversation_id();
    let event = ServerEvent::DeskUpdated { conversation_id, entry: entry.clone() }.to_text();
    app.fan_out(&admins, now, |_| Some(&event)).await;

    Reply::json(if duplicate { 200 } else { 201 }, &DeskAnswer { entry })
}
