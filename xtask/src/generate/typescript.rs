//! `web/src/protocol.ts`: every type that a client sends or receives, by name.

use std::collections::BTreeMap;

use protocol::{
    AdminList, BulkAnswer, BulkRequest, CannedResponseAnswer, CannedResponseList, CannedResponseRequest, ChangeAnswer,
    ChangeRequest, ClosedAnswer, ConversationAnswer, ConversationPage, ConversationUpdate, Counts, DeskAnswer,
    DeskPage, DeskRequest, Event, Frame, Health, History, MessageAnswer, MessageRequest, MessagesFound, OrderAnswer,
    OrderPage, OrderRequest, OrderUpdate, Problem, ReadAnswer, ReadRequest, SetConversationStatus, SetOrderStatus,
    SetSla, Sla, TagAnswer, TagList, TagRequest, TicketAnswer, Views,
};
use ts_rs::{Config, TS, TypeVisitor};

use super::COMMAND;

/// The text of the module. Types that these types contain are added automatically.
pub(super) fn module() -> String {
    let mut types = Types { config: Config::new().with_large_int("number"), declarations: BTreeMap::new() };
    types.visit::<Frame>();
    types.visit::<Event>();
    types.visit::<Problem>();
    types.visit::<OrderRequest>();
    types.visit::<SetOrderStatus>();
    types.visit::<SetConversationStatus>();
    types.visit::<MessageRequest>();
    types.visit::<ChangeRequest>();
    types.visit::<DeskRequest>();
    types.visit::<ReadRequest>();
    types.visit::<OrderAnswer>();
    types.visit::<OrderPage>();
    types.visit::<OrderUpdate>();
    types.visit::<Counts>();
    types.visit::<ConversationPage>();
    types.visit::<ConversationAnswer>();
    types.visit::<ConversationUpdate>();
    types.visit::<History>();
    types.visit::<MessagesFound>();
    types.visit::<MessageAnswer>();
    types.visit::<ChangeAnswer>();
    types.visit::<DeskAnswer>();
    types.visit::<DeskPage>();
    types.visit::<ReadAnswer>();
    types.visit::<TicketAnswer>();
    types.visit::<ClosedAnswer>();
    types.visit::<BulkRequest>();
    types.visit::<BulkAnswer>();
    types.visit::<Views>();
    types.visit::<AdminList>();
    types.visit::<TagRequest>();
    types.visit::<TagAnswer>();
    types.visit::<TagList>();
    types.visit::<CannedResponseRequest>();
    types.visit::<CannedResponseAnswer>();
    types.visit::<CannedResponseList>();
    types.visit::<SetSla>();
    types.visit::<Sla>();
    types.visit::<Health>();
    let mut module =
        format!("// Made from the types in shared/protocol and shared/domain by `{COMMAND}`: edit those.\n");
    for declaration in types.declarations.values() {
        module.push('\n');
        module.push_str(declaration);
    }
    module
}

struct Types {
    config: Config,
    declarations: BTreeMap<String, String>,
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Strings, numbers and lists need no declaration of their own.
        if T::output_path().is_none() {
            return T::visit_generics(self);
        }
        let name = T::ident(&self.config);
        if !self.declarations.contains_key(&name) {
            let docs = T::docs().unwrap_or_default();
            self.declarations.insert(name, tidy(&format!("{docs}export {}\n", T::decl(&self.config))));
            T::visit_dependencies(self);
        }
    }
}

/// Formats a declaration: one alternative or field on each line, indented. A comment of one line
/// stays on one line.
fn tidy(declaration: &str) -> String {
    let text = declaration.replace("/**\n * ", "/** ").replace("\n */", " */").replace(" | {", "\n| {");
    let mut tidy = String::new();
    // One entry for each open brace: whether its content began on a new line.
    let mut open = Vec::new();
    for character in text.chars() {
        match character {
            '{' => open.push(false),
            '\n' => {
                tidy.truncate(tidy.trim_end_matches(' ').len());
                if let Some(block) = open.last_mut() {
                    *block = true;
                }
            }
            '}' if open.pop() == Some(true) => {
                tidy.truncate(tidy.trim_end_matches(' ').len());
                tidy.push('\n');
                tidy.push_str(&"  ".repeat(open.len()));
            }
            _ => {}
        }
        if tidy.ends_with('\n') {
            tidy.push_str(&"  ".repeat(open.len()));
        }
        tidy.push(character);
    }
    tidy
}
