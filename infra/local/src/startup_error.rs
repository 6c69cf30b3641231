//! Why the gateway does not start: one sentence for the person at the terminal.

use std::net::SocketAddr;
use std::path::PathBuf;

use runtime::StartError;

/// Why the gateway cannot start. Whatever is not understood is refused here, before the first request: a route
/// that is silently left out would be found by a user.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// There is no such template, or it cannot be opened.
    #[error("cannot read the template {path}: {source}", path = path.display())]
    Unreadable {
        /// Where the template should be.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The template says something that this gateway cannot serve as AWS would.
    #[error("the template cannot be served: {at}: {what}")]
    Template {
        /// Where in the template, as in `Resources.Orders.Properties.Timeout`.
        at: String,
        /// What is wrong there, or not understood.
        what: String,
    },
    /// The template names a function that nobody registered.
    #[error("the template's function {function} is built from the binary {binary:?}, for which there is no handler")]
    NoHandler {
        /// The function's name in the template.
        function: String,
        /// Its `Metadata.BuildProperties.Binary`.
        binary: String,
    },
    /// A function refused its own configuration.
    #[error("the function {function} does not start: {source}")]
    Function {
        /// The function's name in the template.
        function: String,
        /// What the function says.
        source: StartError,
    },
    /// The port is taken, or the address is not this machine's.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The data folder cannot be made, read or written.
    #[error("cannot use the data folder {path}: {what}", path = path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// What stands in the way.
        what: String,
    },
    /// Another gateway has the data folder: each would forget what the other knows.
    #[error("the data folder {path} is in use by {holder}", path = path.display())]
    FolderInUse {
        /// The folder.
        path: PathBuf,
        /// Who has it, as in "process 4711, which listens on 127.0.0.1:3000".
        holder: String,
    },
    /// The embedded engine refuses the table of the template.
    #[error("cannot make the table {table}: {what}")]
    Table {
        /// The table's name.
        table: String,
        /// What the engine says.
        what: String,
    },
    /// The operating system gives no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    Random(#[from] getrandom::Error),
}

impl StartupError {
    /// A place in the template, and what is wrong with it.
    pub(crate) fn template(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Template { at: at.into(), what: what.into() }
    }
}
