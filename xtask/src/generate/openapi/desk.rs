//! `/api/chat` for the shop's desk: views, tags, canned responses, the SLA, and bulk actions.

use protocol::{
    AdminList, BulkAnswer, BulkRequest, CannedResponseAnswer, CannedResponseList, CannedResponseRequest, Code, SetSla,
    Sla, TagAnswer, TagList, TagRequest, Views,
};
use serde_json::json;

use super::operation::Operation;
use crate::generate::schema::Schemas;

const TAGS: &str = "/api/chat/tags";
const TAG: &str = "/api/chat/tags/{tagId}";
const RESPONSES: &str = "/api/chat/canned-responses";
const RESPONSE: &str = "/api/chat/canned-responses/{cannedResponseId}";
const SLA: &str = "/api/chat/sla";

/// What an admin may do and an agent may not.
const NOT_FOR_AGENTS: &str = "For admins. Agents are refused.";

pub(super) fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let mut all = vec![views(schemas), admins(schemas), bulk(schemas)];
    all.extend(tags(schemas));
    all.extend(canned_responses(schemas));
    all.extend(sla(schemas));
    all
}

fn views(schemas: &mut Schemas) -> Operation {
    Operation::new("get", "/api/chat/views", "countViews", "How many active conversations each view has")
        .about("For admins. Each number is at most 100, which means 100 or more.")
        .answers::<Views>(schemas, 200, "The numbers.")
        .problems(&[Code::Forbidden])
}

fn admins(schemas: &mut Schemas) -> Operation {
    Operation::new("get", "/api/chat/admins", "listAdmins", "The admins whom a conversation can be assigned to")
        .about("For admins.")
        .answers::<AdminList>(schemas, 200, "The admins, by name.")
        .problems(&[Code::Forbidden])
}

fn bulk(schemas: &mut Schemas) -> Operation {
    let action = json!({
        "id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        "conversationIds": ["cnv_aebagbafaydqqcikbmga2dqpca"],
        "do": { "prioritize": { "to": "high" } },
    });
    Operation::new("post", "/api/chat/bulk", "bulk", "Do the same for many conversations")
        .about(
            "For admins. Can be repeated safely with the same `id`: what was done is not done again. One conversation that \
             fails does not stop the others.",
        )
        .takes::<BulkRequest>(schemas, &action)
        .answers::<BulkAnswer>(schemas, 200, "What became of each conversation.")
        .problems(&[Code::Forbidden])
}

fn tags(schemas: &mut Schemas) -> [Operation; 4] {
    let tag = json!({ "name": "Fragile", "color": "orange" });
    [
        Operation::new("get", TAGS, "listTags", "The shop's tags, by name")
            .about("For admins.")
            .answers::<TagList>(schemas, 200, "The tags.")
            .problems(&[Code::Forbidden]),
        Operation::new("post", TAGS, "addTag", "Add a tag")
            .about(NOT_FOR_AGENTS)
            .takes::<TagRequest>(schemas, &tag)
            .answers::<TagAnswer>(schemas, 201, "The tag.")
            .problems(&[Code::Forbidden])
            .leads_to(201, "changeTag", "tagId", "tag/id")
            .leads_to(201, "deleteTag", "tagId", "tag/id"),
        Operation::new("patch", TAG, "changeTag", "Change a tag")
            .about(NOT_FOR_AGENTS)
            .setting("tagId")
            .takes::<TagRequest>(schemas, &tag)
            .answers::<TagAnswer>(schemas, 200, "The tag.")
            .problems(&[Code::Forbidden, Code::NotFound]),
        Operation::new("delete", TAG, "deleteTag", "Delete a tag")
            .about(NOT_FOR_AGENTS)
            .setting("tagId")
            .answers::<TagList>(schemas, 200, "The other tags.")
            .problems(&[Code::Forbidden, Code::NotFound]),
    ]
}

fn canned_responses(schemas: &mut Schemas) -> [Operation; 4] {
    let response = json!({
        "shortcut": "thanks",
        "title": "Thank you",
        "body": "Thank you, {{customer.name}}!",
        "quickReply": true,
    });
    let own = "For admins. Agents can change only their own.";
    [
        Operation::new("get", RESPONSES, "listCannedResponses", "The shop's and the caller's canned responses")
            .about("For admins.")
            .answers::<CannedResponseList>(schemas, 200, "The canned responses, by shortcut.")
            .problems(&[Code::Forbidden]),
        Operation::new("post", RESPONSES, "addCannedResponse", "Add a canned response")
            .about(own)
            .takes::<CannedResponseRequest>(schemas, &response)
            .answers::<CannedResponseAnswer>(schemas, 201, "The canned response.")
            .problems(&[Code::Forbidden])
            .leads_to(201, "changeCannedResponse", "cannedResponseId", "cannedResponse/id")
            .leads_to(201, "deleteCannedResponse", "cannedResponseId", "cannedResponse/id"),
        Operation::new("patch", RESPONSE, "changeCannedResponse", "Change a canned response")
            .about(own)
            .setting("cannedResponseId")
            .takes::<CannedResponseRequest>(schemas, &response)
            .answers::<CannedResponseAnswer>(schemas, 200, "The canned response.")
            .problems(&[Code::Forbidden, Code::NotFound]),
        Operation::new("delete", RESPONSE, "deleteCannedResponse", "Delete a canned response")
            .about(own)
            .setting("cannedResponseId")
            .answers::<CannedResponseList>(schemas, 200, "The other canned responses.")
            .problems(&[Code::Forbidden, Code::NotFound]),
    ]
}

fn sla(schemas: &mut Schemas) -> [Operation; 2] {
    let policy = json!({
        "policy": {
            "targets": { "none": { "firstResponseMinutes": 120 } },
            "calendar": { "timezone": "Europe/Berlin", "week": { "monday": [["09:00", "18:00"]] }, "holidays": [] },
        },
    });
    [
        Operation::new("get", SLA, "getSla", "The shop's SLA")
            .about("For admins.")
            .answers::<Sla>(schemas, 200, "The policy, if there is one.")
            .problems(&[Code::Forbidden]),
        Operation::new("put", SLA, "setSla", "Set or remove the shop's SLA")
            .about(NOT_FOR_AGENTS)
            .takes::<SetSla>(schemas, &policy)
            .answers::<Sla>(schemas, 200, "The policy, if there is one.")
            .problems(&[Code::Forbidden]),
    ]
}
