//! A program in a process group of its own, which ends with the value that stands for it, however this process ends.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Result;

use crate::shell;

/// Runs its arguments until nobody holds the other end of standard input any more, then ends the whole group: also where
/// this process is killed, and with every process that the program has started. Its output is the program's alone.
const UNTIL_STDIN_CLOSES: &str = r#""$@" < /dev/null & exec > /dev/null; cat; kill -9 0"#;

/// A running group.
pub(crate) struct Group(Child);

impl Group {
    /// `program`, for [`Group::start`].
    pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
        let mut command = shell::command("sh", &["-c", UNTIL_STDIN_CLOSES, "sh"]);
        command.arg(program);
        command
    }

    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        Ok(Self(command.stdin(Stdio::piped()).process_group(0).spawn()?))
    }

    /// What the program says, where that is piped.
    pub(crate) fn output(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It cannot have ended before.
        let _ = self.0.wait();
    }
}
