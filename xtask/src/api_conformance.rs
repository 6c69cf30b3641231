//! Compares the REST API with its description. Schemathesis generates valid and invalid requests
//! from `docs/openapi.json` and compares each answer with it.

use anyhow::{Result, bail, ensure};
use serde_json::json;

use crate::gateway::{self, Gateway};
use crate::{python, shell};

/// The number of generated requests for each call and phase. A run takes about half a minute.
const EXAMPLES: u32 = 30;

/// Checks that are left out. The description does not promise that every valid request succeeds: an
/// admin has no orders of their own, and some status changes are not allowed. Nor does it promise a
/// 405 for a method without a route: the gateway answers 404.
const NOT_PROMISED: &str = "positive_data_acceptance,unsupported_method";

/// Fails if an answer does not match the description, for a customer or for an admin. `depth` is a
/// factor for the number of requests.
pub(crate) fn check(depth: u32) -> Result<()> {
    let examples = (EXAMPLES * depth).to_string();
    let schemathesis = python::environment("schemathesis", "xtask/schemathesis.txt")?.join("schemathesis");
    let program = gateway::build()?;
    for role in ["customer", "admin"] {
        // Each role starts with an empty table, so that the same requests get the same answers.
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
            // Schemathesis writes files into its working directory.
            .current_dir(shell::root().join(".venv"))
            .status()?;
        if !status.success() {
            bail!("the REST API does not do what docs/openapi.json says (as {role}, see above)");
        }
    }
    Ok(())
}

/// Places an order, so that an admin, who has no orders, finds one.
fn place_order(gateway: &Gateway) -> Result<()> {
    let token = gateway.token("customer-1", "customer")?;
    let order = json!({ "items": [{ "title": "Desk lamp", "quantity": 1, "unitPrice": 1250 }], "currency": "EUR" });
    let answer = gateway.post("/api/sales", &token, &order)?;
    ensure!(answer["order"].is_object(), "no order but {answer}");
    Ok(())
}
