//! Writes into the shop's log of a conversation.

use domain::{DeskEntry, DeskKind, Head, Text, Time};
use protocol::{Assign, Code, Desk, DeskAction, Event, Problem, TagChange};
use runtime::{App, Failure};
use store::{Audience, Connections, DeskDraft, DeskOperation, DeskOutcome, DeskRefusal, Due, DueKind, Sla};

/// The furthest end of a snooze: a year.
const MAX_SNOOZE_DAYS: u16 = 366;

/// What the shop's log has after an operation.
#[derive(Debug)]
pub struct DeskState {
    /// The entry; `None` if the operation changed nothing.
    pub entry: Option<DeskEntry>,
    /// The head as it is now.
    pub head: Head,
    /// True if an earlier request had stored the entry.
    pub duplicate: bool,
    /// The shop's SLA.
    pub sla: Sla,
}

/// Stores an entry and pushes it to the admins. An entry that makes something due is also added to the
/// due list; that nothing is lost if this fails is the matter of the stream.
pub async fn add_to_desk(app: &App, draft: &DeskDraft) -> Result<DeskState, Failure> {
    let now = draft.now;
    let (outcome, mut sla) = tokio::try_join!(app.store.add_to_desk(draft), app.store.sla())?;
    let (entry, head, shop, duplicate) = match outcome {
        DeskOutcome::Stored { entry, head, shop, duplicate } => (*entry, *head, shop, duplicate),
        DeskOutcome::Unchanged(head) => return Ok(DeskState { entry: None, head: *head, duplicate: true, sla }),
        DeskOutcome::NotFound => return Err(Problem::not_found().into()),
        DeskOutcome::Refused(refusal) => return Err(problem(&refusal).into()),
        DeskOutcome::SeenDeskSeqTooHigh => {
            return Err(Problem::invalid("seenDeskSeq", "must not be higher than the last `deskSeq`").into());
        }
    };
    if changes_clocks(&entry.kind) {
        // With a policy from before, the item could come too late.
        sla = app.store.sla().await?;
    }
    if let Some(due) = due(&entry, &head, &sla, now) {
        app.store.put_due(&due).await?;
    }

    // No customer is in this audience.
    let admins = Audience { customer: Connections::default(), shop };
    let event = Event::DeskUpdated {
        conversation_id: draft.shared_id.conversation_id(),
        entry: entry.clone(),
        desk: Desk::of(&head.desk, sla.clocks(&head, now)),
        desk_seq: head.desk_seq,
    };
    let event = event.to_text();
    app.fan_out(&admins, now, |_| Some(&event)).await;

    Ok(DeskState { entry: Some(entry), head, duplicate, sla })
}

/// Returns true if a clock of the SLA runs again, or can end earlier, after such an entry.
fn changes_clocks(kind: &DeskKind) -> bool {
    matches!(kind, DeskKind::Woken { .. } | DeskKind::Prioritized { .. })
}

/// What has to be looked at because of the entry.
fn due(entry: &DeskEntry, head: &Head, sla: &Sla, now: Time) -> Option<Due> {
    let (kind, at) = match entry.kind {
        DeskKind::Snoozed { until } => (DueKind::Wake, until?),
        _ if changes_clocks(&entry.kind) => (DueKind::Sla, sla.next_due(head, now)?),
        _ => return None,
    };
    Some(Due::new(kind, head.shared_id.clone(), at))
}

fn problem(refusal: &DeskRefusal) -> Problem {
    match refusal {
        DeskRefusal::Assigned => Problem::new(Code::AlreadyAssigned, "Another admin has taken the conversation."),
        DeskRefusal::TooManyTags => {
            Problem::invalid("tag.add", &format!("a conversation has at most {} tags", domain::MAX_TAGS))
        }
        DeskRefusal::NotActive => Problem::invalid("snooze", "only an active conversation can be snoozed"),
    }
}

/// The operation that an action asks for. Checks what it refers to.
pub async fn desk_operation(app: &App, action: DeskAction, now: Time) -> Result<DeskOperation, Failure> {
    Ok(match action {
        DeskAction::Note(note) => DeskOperation::Note(Text::new(note.body)?),
        DeskAction::Assign(assign) => assign_to(app, assign).await?,
        DeskAction::Tag(tags) => tag_with(app, tags).await?,
        DeskAction::Prioritize(prioritize) => DeskOperation::Prioritize(prioritize.to),
        DeskAction::Snooze(snooze) => {
            let is_valid = |until: Time| until > now && until <= now.plus_days(MAX_SNOOZE_DAYS);
            if !snooze.until.is_none_or(is_valid) {
                return Err(Problem::invalid("snooze.until", "must be in the future, at most a year from now").into());
            }
            DeskOperation::Snooze(snooze.until)
        }
        DeskAction::Wake => DeskOperation::Wake,
        DeskAction::Settle => DeskOperation::Settle,
    })
}

async fn assign_to(app: &App, Assign { to, if_unassigned }: Assign) -> Result<DeskOperation, Failure> {
    if let Some(user_id) = &to
        && (!domain::is_user_id(user_id) || !app.store.is_admin(user_id).await?)
    {
        return Err(Problem::invalid("assign.to", "must be the user id of an admin who has used the chat").into());
    }
    Ok(DeskOperation::Assign { to, if_unassigned: if_unassigned.unwrap_or(false) })
}

async fn tag_with(app: &App, TagChange { add, remove }: TagChange) -> Result<DeskOperation, Failure> {
    if !add.is_empty() {
        let known = app.store.tags().await?;
        if !add.iter().all(|tag| known.iter().any(|known| known.id == *tag)) {
            return Err(Problem::invalid("tag.add", "must be ids of the shop's tags").into());
        }
    }
    // A tag that was deleted can still be removed.
    let most = domain::MAX_SHOP_TAGS;
    if remove.len() > most {
        return Err(Problem::invalid("tag.remove", &format!("must have at most {most} ids")).into());
    }
    Ok(DeskOperation::Tag { add, remove })
}
