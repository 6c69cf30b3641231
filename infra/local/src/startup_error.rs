//! The errors that stop the gateway from starting. Each is one sentence for the person at the
//! terminal.

use std::net::SocketAddr;
use std::path::PathBuf;

use runtime::StartError;

/// Why the gateway cannot start. A template with anything that the gateway does not support is
/// refused. Otherwise, for example, a route would be missing, and only a user would notice it.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// The template does not exist, or cannot be opened.
    #[error("cannot read the template {path}: {source}", path = path.display())]
    Unreadable {
        /// The path of the template.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The template contains something that this gateway does not support.
    #[error("cannot run the template: {at}: {what}")]
    Template {
        /// The position in the template, such as `Resources.Orders.Properties.Timeout`.
        at: String,
        /// What is wrong or not supported at this position.
        what: String,
    },
    /// The template names a function whose binary has no handler.
    #[error("the template's function {function} has the binary {binary:?}, and there is no handler for this binary")]
    NoHandler {
        /// The function's name in the template.
        function: String,
        /// Its `Metadata.BuildProperties.Binary`.
        binary: String,
    },
    /// A function does not accept its configuration.
    #[error("cannot start the function {function}: {source}")]
    Function {
        /// The function's name in the template.
        function: String,
        /// The error of the function.
        source: StartError,
    },
    /// The port is in use, or the address does not belong to this machine.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The data folder cannot be created, read or written.
    #[error("cannot use the data folder {path}: {what}", path = path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// Why it cannot be used.
        what: String,
    },
    /// Another gateway uses the data folder. Two gateways would overwrite each other's data.
    #[error("the data folder {path} is in use by {holder}", path = path.display())]
    FolderInUse {
        /// The folder.
        path: PathBuf,
        /// The process that uses it, such as "process 4711, which listens on 127.0.0.1:3000".
        holder: String,
    },
    /// The database engine refuses a table of the template.
    #[error("cannot create the table {table}: {what}")]
    Table {
        /// The table's name.
        table: String,
        /// The error of the engine.
        what: String,
    },
    /// The operating system provides no random bytes.
    #[error("the operating system returns no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

impl StartupError {
    /// Creates [`StartupError::Template`] for a position in the template.
    pub(crate) fn template(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Template { at: at.into(), what: what.into() }
    }
}
