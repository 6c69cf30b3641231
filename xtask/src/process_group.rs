//! A program in its own process group. The whole group ends when the value is dropped, and also if
//! this process is killed.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Result;

use crate::shell;

/// Runs its arguments until standard input is closed, and then kills the whole group with every
/// process that the program has started. Standard input is also closed when this process is killed.
/// Only the program writes to standard output.
const UNTIL_STDIN_CLOSES: &str = r#""$@" < /dev/null & exec > /dev/null; cat; kill -9 0"#;

/// A running group.
pub(crate) struct Group(Child);

impl Group {
    /// A command that runs `program` in a group. It is started with [`Group::start`].
    pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
        let mut command = shell::command("sh", &["-c", UNTIL_STDIN_CLOSES, "sh"]);
        command.arg(program);
        command
    }

    /// Starts a command of [`Group::command`].
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        Ok(Self(command.stdin(Stdio::piped()).process_group(0).spawn()?))
    }

    /// The program's standard output, if it is piped.
    pub(crate) fn output(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // A group cannot end by itself before this, so the only possible error is of no interest.
        let _ = self.0.wait();
    }
}
