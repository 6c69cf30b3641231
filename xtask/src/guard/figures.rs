//! The committed numbers, and how others compare with them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::shell;

/// Where they are, from the root.
const FILE: &str = "bench/instructions.json";

/// The command that makes what was counted the measure.
const ACCEPT: &str = "cargo xtask guard --accept";

/// More than this, in parts of what is committed, is too much; as much less is worth a new number.
const TOLERANCE: f64 = 0.05;

/// Instructions of a call by operation, and with what they were counted.
pub(super) struct Figures {
    /// Architecture, compiler, C library: what they depend on besides the code.
    with: String,
    instructions: BTreeMap<String, u32>,
}

impl Figures {
    /// None yet, to be counted on this machine.
    pub(super) fn here() -> Result<Self> {
        let said = |program: &str, argument: &str| -> Result<String> {
            let output = shell::command(program, &[argument]).output().with_context(|| program.to_owned())?;
            let words = String::from_utf8(output.stdout)?;
            Ok(words.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        };
        let (compiler, libc) = (said("rustc", "--version")?, said("getconf", "GNU_LIBC_VERSION")?);
        let with = format!("{}, {compiler}, {libc}", std::env::consts::ARCH);
        Ok(Self { with, instructions: BTreeMap::new() })
    }

    /// The committed ones.
    pub(super) fn committed() -> Result<Self> {
        let text = std::fs::read_to_string(path()).with_context(|| format!("{FILE}: `{ACCEPT}` makes it"))?;
        let all: Value = serde_json::from_str(&text).context(FILE)?;
        let with = all["with"].as_str().unwrap_or_default().to_owned();
        let number = |(name, number): (&String, &Value)| Some((name.clone(), u32::try_from(number.as_u64()?).ok()?));
        let instructions = all["instructions"].as_object().into_iter().flatten().filter_map(number).collect();
        Ok(Self { with, instructions })
    }

    pub(super) fn set(&mut self, operation: &str, instructions: u32) {
        self.instructions.insert(operation.to_owned(), instructions);
    }

    /// Makes these the committed ones.
    pub(super) fn commit(&self) -> Result<()> {
        let all = json!({ "with": self.with, "instructions": self.instructions });
        std::fs::write(path(), serde_json::to_string_pretty(&all)? + "\n")?;
        println!("written to {FILE}");
        Ok(())
    }

    /// Says how `counted` compares with these; fails where that is too much.
    pub(super) fn compare(&self, counted: &Self) -> Result<()> {
        if self.architecture() != counted.architecture() {
            println!("not compared: {FILE} has the numbers of {}", self.with);
            return Ok(());
        }
        let mut wrong = Vec::new();
        for (operation, now) in &counted.instructions {
            let before = self.instructions.get(operation).with_context(|| format!("{operation} is new: `{ACCEPT}`"))?;
            let change = f64::from(*now) / f64::from(*before) - 1.0;
            let says = format!("{operation}: {now} instructions a call, {:+.1} % to {before}", change * 100.0);
            println!("{says}");
            if change > TOLERANCE {
                wrong.push(says);
            } else if change < -TOLERANCE {
                println!("  It has become cheaper: `{ACCEPT}`, so that it stays so.");
            }
        }
        ensure!(
            wrong.is_empty(),
            "too many instructions:\n  {}\ncounted with {}; those of {FILE} with {}\nWhere the change is worth it: `{ACCEPT}`, and commit that file.",
            wrong.join("\n  "),
            counted.with,
            self.with
        );
        Ok(())
    }

    fn architecture(&self) -> Option<&str> {
        self.with.split(',').next()
    }
}

fn path() -> PathBuf {
    shell::root().join(FILE)
}
