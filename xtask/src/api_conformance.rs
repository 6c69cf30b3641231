//! The REST API against its own description, by a program that knows nothing else: Schemathesis makes up requests, good
//! ones and bad ones, and compares each answer with `docs/openapi.json`.

use anyhow::{Result, bail, ensure};
use serde_json::json;

use crate::gateway::{self, Gateway};
use crate::{python, shell};

/// How many requests are made up for each call and phase: a run takes about half a minute.
const EXAMPLES: u32 = 30;

/// What the description does not promise: that every request it allows succeeds (an admin has no orders of their own, a
/// status may not move anywhere), and a 405 for a method that no route has (the gateway answers 404).
const NOT_PROMISED: &str = "positive_data_acceptance,unsupported_method";

/// Fails where an answer is not what the description says, to a customer or to an admin; with `depth` times the requests.
pub(crate) fn check(depth: u32) -> Result<()> {
    let examples = (EXAMPLES * depth).to_string();
    let schemathesis = python::environment("schemathesis", "xtask/schemathesis.txt")?.join("schemathesis");
    let program = gateway::build()?;
    for role in ["customer", "admin"] {
        // Each starts with an empty table, so that the same requests get the same answers.
        let gateway = Gateway::start(&program)?;
        place_order(&gateway)?;
        let token = gateway.token(&format!("{role}-1"), role)?;
        eprintln!("\n> schemathesis, as {role}");
        let url = format!("http://{}", gateway.address());
        let authorization = format!("Authorization: Bearer {token}");
        let arguments = [
            ["--url", &url],
            ["--header", &authorization],
            ["--checks", "all"],
            ["--exclude-checks", NOT_PROMISED],
            ["--max-examples", &examples],
            ["--warnings", "off"],
        ];
        let description = shell::root().join("docs/openapi.json");
        let status = shell::command(&schemathesis, &["run", "--generation-deterministic", "--no-color"])
            .args(arguments.as_flattened())
            .arg(description)
            // What it writes down on the way stays in its own environment.
            .current_dir(shell::root().join(".venv"))
            .status()?;
        if !status.success() {
            bail!("the REST API does not do what docs/openapi.json says (as {role}, see above)");
        }
    }
    Ok(())
}

/// Something to find, for an admin who places no orders of their own.
fn place_order(gateway: &Gateway) -> Result<()> {
    let token = gateway.token("customer-1", "customer")?;
    let order = json!({ "items": [{ "title": "Desk lamp", "quantity": 1, "unitPrice": 1250 }], "currency": "EUR" });
    let answer = gateway.post("/api/sales", &token, &order)?;
    ensure!(answer["order"].is_object(), "no order but {answer}");
    Ok(())
}
