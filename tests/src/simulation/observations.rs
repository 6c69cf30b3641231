//! Records what users asked for and what they were shown.

use std::collections::BTreeMap;

use domain::{Person, SharedId};
use serde_json::Value;

/// What only admins may see begins with this, so that a leak is recognised by its text. No random id
/// contains it.
pub(crate) const SECRET: &str = "Between us:";

/// The admin who does nothing but write and read notes. No customer may ever see the id.
pub const NOTE_WRITER: &str = "the-note-writer";

/// Everything that users observed, in order. Times are counted in ticks of a logical clock.
#[derive(Debug, Default)]
pub struct Observations {
    clock: usize,
    /// What users tried to write, each once, however often it was repeated.
    pub(crate) asked: Vec<Asked>,
    /// What was acknowledged.
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Every message in an answer.
    pub(crate) messages: Vec<Shown>,
    /// Every change in an answer.
    pub(crate) changes: Vec<Value>,
    /// Every note in an answer.
    pub(crate) notes: Vec<Value>,
    /// Every conversation in an answer.
    pub(crate) conversations: Vec<Value>,
    /// Descriptions of the pages with a missing entry.
    pub(crate) holes: Vec<String>,
    /// Descriptions of refusals for which there was no reason.
    pub(crate) surprises: Vec<String>,
    /// The connections, and when each was open.
    pub(crate) connected: BTreeMap<String, Connected>,
    /// Descriptions of data that somebody was shown without permission.
    pub(crate) leaks: Vec<String>,
    /// All orders that somebody tried to place, with or without success.
    pub(crate) orders: Vec<SharedId>,
    /// Orders whose creation was acknowledged.
    pub(crate) created: Vec<SharedId>,
    /// How often the clocks were set forward by days.
    pub(crate) steps: usize,
}

/// Something that a user tried to write.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The user's id.
    pub(crate) by: String,
    /// The `clientMessageId` or `changeId`.
    pub(crate) id: String,
    /// When the user first tried.
    pub(crate) began: usize,
    pub(crate) what: What,
    /// The code, if the first try was refused for good and no other try is under way.
    pub(crate) refused: Option<String>,
}

/// What a user tried to write.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Message {
        body: String,
        seen: Option<u64>,
        reply_to: Option<u64>,
        expect_last: bool,
    },
    Edit {
        target: u64,
        body: String,
    },
    Delete {
        target: u64,
    },
    React {
        target: u64,
        emoji: &'static str,
        on: bool,
    },
    Note {
        body: String,
    },
    /// What an admin decides about the conversation.
    Decision,
}

impl What {
    /// The `seq` of the message that it changes.
    pub(crate) fn target(&self) -> Option<u64> {
        match self {
            Self::Edit { target, .. } | Self::Delete { target } | Self::React { target, .. } => Some(*target),
            Self::Message { .. } | Self::Note { .. } | Self::Decision => None,
        }
    }

    /// The text that it contains.
    pub(crate) fn body(&self) -> Option<&str> {
        match self {
            Self::Message { body, .. } | Self::Edit { body, .. } | Self::Note { body } => Some(body),
            Self::Delete { .. } | Self::React { .. } | Self::Decision => None,
        }
    }
}

/// A message as it was shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// When it was asked for.
    pub(crate) began: usize,
    /// When it was shown.
    pub(crate) at: usize,
    pub(crate) message: Value,
}

/// An acknowledged message, change or note.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    /// The sender's user id.
    pub(crate) sender: String,
    /// When the sender first tried.
    pub(crate) began: usize,
    /// When it was acknowledged.
    pub(crate) at: usize,
    /// The message, change or note in the acknowledgement.
    pub(crate) entry: Value,
    /// Whether an earlier request had stored it.
    pub(crate) duplicate: bool,
    /// How many pushes had been made by then.
    pub(crate) offers: usize,
    /// The connection that sent it or that the request named. It gets no push.
    pub(crate) requester: Option<String>,
}

/// The time during which a connection was certainly open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connected {
    /// The start.
    pub(crate) since: usize,
    /// The end; `usize::MAX` if it is still open.
    pub(crate) until: usize,
    /// Whether it is an admin's.
    pub(crate) is_admin: bool,
}

impl Observations {
    /// Advances the logical clock.
    pub(crate) fn tick(&mut self) -> usize {
        self.clock += 1;
        self.clock
    }

    /// Records that `by` is about to try to write something. Returns its index.
    pub(crate) fn ask(&mut self, by: &Person, id: &str, what: What) -> usize {
        let began = self.tick();
        self.asked.push(Asked { by: by.user_id.clone(), id: id.to_owned(), began, what, refused: None });
        self.asked.len() - 1
    }

    /// What `by` tried to write with this id.
    pub(crate) fn asked(&self, by: &Value, id: &Value) -> Option<&Asked> {
        let (by, id) = (by["userId"].as_str()?, id.as_str()?);
        self.asked.iter().find(|asked| asked.by == by && asked.id == id)
    }

    /// Records an answer to `person`, who asked at `began`.
    pub(crate) fn answer(&mut self, person: &Person, takes_part: bool, began: usize, body: &Value) {
        let at = self.tick();
        if !takes_part && body.to_string().contains("\"seq\"") {
            self.leaks.push(format!("{} was shown {body}", person.user_id));
        }
        if !person.is_admin()
            && let Some(what) = secret_in(body)
        {
            self.leaks.push(format!("{} was shown {what}: {body}", person.user_id));
        }
        let messages = [&body["message"], &body["overtakenBy"]].into_iter();
        let found = list(&body["items"]).map(|item| &item["message"]);
        let messages = messages.chain(list(&body["messages"])).chain(list(&body["others"])).chain(found);
        for message in messages.filter(|message| message["seq"].is_u64()) {
            self.messages.push(Shown { began, at, message: message.clone() });
        }
        let objects = |one: &str, many: &str| -> Vec<Value> {
            let all = std::iter::once(&body[one]).chain(list(&body[many]));
            all.filter(|value| value.is_object()).cloned().collect()
        };
        self.changes.extend(objects("change", "changes"));
        self.notes.extend(objects("entry", "entries"));
        let mut conversations = objects("conversation", "items");
        conversations.retain(|item| !item["message"].is_object());
        for conversation in &conversations {
            if !person.is_admin() && conversation["customerId"] != person.user_id.as_str() {
                self.leaks.push(format!("{} saw {conversation}", person.user_id));
            }
        }
        self.conversations.extend(conversations);
    }

    /// Records a page of entries that begins after `after` and was asked for at `began`. A page that
    /// says that it is the last has everything that was acknowledged before.
    pub(crate) fn page(&mut self, began: usize, after: u64, page: &Value, is_last: bool) {
        let seqs = seqs(page);
        for (seq, expected) in seqs.iter().zip(after + 1..) {
            if *seq != expected {
                self.holes.push(format!("after {after}: {seq} instead of {expected}"));
            }
        }
        let reached = seqs.last().copied().unwrap_or(after);
        let missing = |one: &&Acknowledged| one.at < began && one.entry["seq"].as_u64() > Some(reached);
        if let Some(one) = self.acknowledged.iter().find(missing).filter(|_| is_last) {
            self.holes.push(format!("the last page ends at {reached}, and {} was acknowledged before", one.entry));
        }
    }

    /// Records what a search for `word` has found that was asked for at `began`. Each message has the word.
    /// If it has looked at all messages, it has those that were acknowledged before, unless somebody may
    /// have changed their text.
    pub(crate) fn searched(&mut self, began: usize, word: &str, answer: &Value) {
        for message in list(&answer["items"]).map(|item| &item["message"]) {
            if !message["body"].as_str().is_some_and(|body| body.contains(word)) {
                self.holes.push(format!("a search for {word} finds {message}"));
            }
        }
        if answer["searchedTo"].is_u64() {
            return;
        }
        let found: Vec<&Value> = list(&answer["items"]).map(|item| &item["message"]["seq"]).collect();
        let changes_text = |what: &What| matches!(what, What::Edit { .. } | What::Delete { .. });
        let may_differ = |seq: Option<u64>| {
            let mut changed = self.asked.iter().filter(|asked| changes_text(&asked.what));
            changed.any(|asked| asked.what.target() == seq)
        };
        let missing = |one: &&Acknowledged| {
            let seq = &one.entry["seq"];
            let has_word =
                one.entry["kind"] == "text" && one.entry["body"].as_str().is_some_and(|body| body.contains(word));
            one.at < began && has_word && !found.contains(&seq) && !may_differ(seq.as_u64())
        };
        if let Some(one) = self.acknowledged.iter().find(missing) {
            self.holes.push(format!("a search for {word} does not find {}", one.entry));
        }
    }
}

/// The numbers of the entries of a page, in order.
pub(crate) fn seqs(page: &Value) -> Vec<u64> {
    let entries = list(&page["messages"]).chain(list(&page["changes"]));
    let mut seqs: Vec<u64> = entries.filter_map(|entry| entry["seq"].as_u64()).collect();
    seqs.sort_unstable();
    seqs
}

/// The elements of an array; none if it is none.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What of the shop's log is in `value`, if anything is: a text, the author, or a name of a field or
/// event.
pub(crate) fn secret_in(value: &Value) -> Option<&'static str> {
    let text = value.to_string();
    [SECRET, NOTE_WRITER, "\"desk", "afterSeq"].into_iter().find(|word| text.contains(word))
}
