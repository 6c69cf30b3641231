//! The committed instruction counts, and how new ones compare with them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::shell;

/// The path from the root of the workspace.
const FILE: &str = "bench/instructions.json";

/// The command that replaces the committed numbers by the counted ones.
const ACCEPT: &str = "cargo xtask guard --accept";

/// The allowed change as a fraction of the committed number. A larger increase is an error. After a
/// larger decrease a new number should be committed.
const TOLERANCE: f64 = 0.05;

/// The instructions of a call, for each operation.
pub(super) struct Figures {
    /// The architecture, compiler and C library with which they were counted.
    with: String,
    instructions: BTreeMap<String, u32>,
}

impl Figures {
    /// Creates figures without numbers, for counts on this machine.
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

    /// Reads the committed figures.
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

    /// Writes these figures to the file.
    pub(super) fn commit(&self) -> Result<()> {
        let all = json!({ "with": self.with, "instructions": self.instructions });
        std::fs::write(path(), serde_json::to_string_pretty(&all)? + "\n")?;
        println!("written to {FILE}");
        Ok(())
    }

    /// Prints how `counted` differs from these figures. Fails if it is too much.
    pub(super) fn compare(&self, counted: &Self) -> Result<()> {
        if self.architecture() != counted.architecture() {
            println!("not compared: {FILE} has the numbers of {}", self.with);
            return Ok(());
        }
        let mut wrong = Vec::new();
        for (operation, now) in &counted.instructions {
            let before = self.instructions.get(operation).with_context(|| format!("{operation} is new: `{ACCEPT}`"))?;
            let change = f64::from(*now) / f64::from(*before) - 1.0;
            let says = format!("{operation}: {now} instructions a call, {:+.1} % from {before}", change * 100.0);
            println!("{says}");
            if change > TOLERANCE {
                wrong.push(says);
            } else if change < -TOLERANCE {
                println!("  It takes fewer instructions than before. Run `{ACCEPT}` and commit {FILE} to keep it so.");
            }
        }
        ensure!(
            wrong.is_empty(),
            "too many instructions:\n  {}\ncounted with {}; the numbers in {FILE} with {}\nIf the change is worth it, run `{ACCEPT}` and commit that file.",
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
